import { CLIENT_MAC, STRANGER_MAC } from "../../../../src/lab/hosts.ts";
import { libcSyscalls } from "../../../../src/sys/libc.ts";
import { setOffload } from "../../../lab/offload.ts";
import { dropInput, filteredInput } from "../drop-everything.ts";
import { addresses, ethernet, ipv4, PROTOCOL, tcpPacket, udp } from "../frames.ts";
import { tc } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { ACK } from "../segments.ts";

const PIECE_BYTES = 1000;
const PIECES = [0, 1, 2, 3, 4];

export const scenario: Scenario = {
  title: "GRO chains linear frames (frag_list): the first drop stands for all, the members' are normal",
  families: BOTH,
  paths: ["veth"],
  needs: ["veth-gro", "tbf", "nft"],
  run: ({ hosts, family }) => {
    setOffload(libcSyscalls, hosts.server, "srv0", "gro", true);
    setOffload(libcSyscalls, hosts.client, "cli0", "tso", false);
    dropInput(hosts);
    const dport = hosts.newPort();
    const datagram = (bytes: number): Uint8Array =>
      ethernet(
        [STRANGER_MAC, CLIENT_MAC],
        ipv4(udp(addresses(4), 9, 9, new Uint8Array(bytes)), { protocol: PROTOCOL.udp }),
      );
    // The first datagram uses the tokens of minutes, so the segments wait; the second meets a faster queue,
    // and all are sent in one run of the qdisc, so that the receiver's NAPI gets them together.
    tc(hosts.client, "qdisc add dev cli0 root tbf rate 80bit burst 1600 limit 100000");
    hosts.injectFrames([datagram(1400)]);
    hosts.injectFrames(
      PIECES.map((piece) =>
        ethernet(
          hosts.clientMacs,
          // GRO of IPv4 merges only packets with increasing identification; newer kernels also accept
          // constant ones.
          tcpPacket(
            family,
            {
              sport: 1000,
              dport,
              seq: 1 + piece * PIECE_BYTES,
              flags: ACK,
              payload: new Uint8Array(PIECE_BYTES).fill(piece),
            },
            1 + piece,
          ),
        ),
      ),
    );
    tc(hosts.client, "qdisc change dev cli0 root tbf rate 10gbit burst 100000 limit 100000");
    hosts.injectFrames([datagram(100)]);
    const segment = { flags: ["ACK"], sport: 1000, dport } as const;
    return {
      drops: [
        {
          ...filteredInput,
          ...segment,
          segments: PIECES.length,
          also: { seq: 1, payloadLen: PIECES.length * PIECE_BYTES },
        },
        // __kfree_skb() passes on no reason; and segments that GRO chains never get to where skb_iif is set.
        {
          ...filteredInput,
          ...segment,
          reason: "NOT_SPECIFIED",
          variant: "any/frag-list-member",
          class: "normal",
          direction: "unknown",
          frame: "skb_release_data",
          count: PIECES.length - 1,
        },
      ],
    };
  },
};
