import { receivedBy, whileBusy } from "../busy-socket.ts";
import { open } from "../connection.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { PSH_ACK, segmentToServer } from "../segments.ts";

/**
 * More than CHECKSUM_BREAK (76): include/linux/skbuff.h defers the checksum until the data is read.
 */
const LONG = new Uint8Array(1000).fill(0x61);

export const scenario: Scenario = {
  title: "A long segment with a wrong checksum, while the application holds the socket's lock",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { hosts, family } = lab;
    const { server, clientPort, serverPort, clientSeq: seq, serverSeq: ack, dropped } = await open(lab);
    const segment = {
      ...segmentToServer(family, clientPort, serverPort),
      seq,
      ack,
      flags: PSH_ACK,
      payload: LONG,
      checksumRight: false,
    };
    await whileBusy(server, () => receivedBy(hosts, 1, () => hosts.inject(segment)));
    return {
      // tcp_add_backlog()
      drops: [
        { ...dropped, reason: "TCP_CSUM", class: "loss", flags: ["PSH", "ACK"], frame: `tcp_v${family}_rcv` },
      ],
      counters: [
        { host: "server", counter: "TcpInCsumErrors", by: 1 },
        { host: "server", counter: "TcpInErrs", by: 1 },
      ],
    };
  },
};
