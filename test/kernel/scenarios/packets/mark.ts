import { sendBytes, setOption } from "../../../../src/sys/sockets.ts";
import { SO_MARK, SOL_SOCKET } from "../../../lab/macros.ts";
import { DROP_ONE_SEGMENT, dropAll, filtered } from "../drop-everything.ts";
import { vanish } from "../one-shot.ts";
import { BOTH, type Scenario } from "../scenario.ts";

/** Negative as an int. */
const MARK = 0xdead_beef;

export const scenario: Scenario = {
  title: "Data of a socket with SO_MARK, dropped in output: the event has the mark",
  families: BOTH,
  paths: ["veth", "loopback"],
  needs: ["nft"],
  run: async ({ hosts, family }) => {
    const { client, clientPort: sport, serverPort: dport } = await hosts.establish(family, hosts.newPort());
    setOption(client, SOL_SOCKET, SO_MARK, MARK | 0);
    dropAll(hosts.client, "output", `meta mark ${MARK} ${DROP_ONE_SEGMENT}`);
    sendBytes(client, Buffer.from("marked"));
    vanish(client);
    return {
      drops: [
        {
          ...filtered,
          variant: "nft-output",
          host: "client",
          direction: "tx",
          state: "ESTABLISHED",
          flags: ["PSH", "ACK"],
          sport,
          dport,
          also: { mark: MARK, payloadLen: 6 },
        },
      ],
    };
  },
};
