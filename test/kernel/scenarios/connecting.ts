/** A socket of the server in SYN_SENT, whose SYN a handmade peer answers. */
import { addressBytes, SERVER } from "../../../src/lab/hosts.ts";
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { connectTcp, localPort } from "../../../src/sys/sockets.ts";
import type { TcpFields } from "./frames.ts";
import { HandmadePeer } from "./handmade-peer.ts";
import type { Lab } from "./scenario.ts";
import { SYN, SYN_ACK } from "./segments.ts";

export interface Connecting {
  readonly peer: HandmadePeer;
  readonly socket: OwnedFd;
  /** The valid SYN-ACK. */
  readonly answer: Required<Pick<TcpFields, "sport" | "dport" | "seq" | "ack" | "flags">>;
  /** What drops of answers have in common. */
  readonly dropped: HandmadePeer["dropped"] & {
    readonly state: "SYN_SENT";
    readonly sport: number;
    readonly dport: number;
  };
}

/** The port that the server connects to. */
const PEER_PORT = 7000;

export async function connecting({ hosts, family, ...lab }: Lab): Promise<Connecting> {
  const peer = HandmadePeer.join({ hosts, family, ...lab });
  const socket = hosts.own(
    hosts.server.inside(() =>
      connectTcp(
        { address: peer.addressBytes, port: PEER_PORT },
        { address: addressBytes(family, SERVER), port: 0 },
      ),
    ),
  );
  const ports = { sport: PEER_PORT, dport: localPort(socket) };
  const { seq } = await peer.receive(
    (segment) => segment.flags === SYN && segment.destinationPort === PEER_PORT,
    "The SYN",
  );
  const answer = { ...ports, seq: 5_000_000, ack: (seq + 1) >>> 0, flags: SYN_ACK };
  return { peer, socket, answer, dropped: { ...peer.dropped, ...ports, state: "SYN_SENT" } };
}
