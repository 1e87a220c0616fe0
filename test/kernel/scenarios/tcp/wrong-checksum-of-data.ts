import { open } from "../connection.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";
import { PSH_ACK, segmentToServer } from "../segments.ts";

/**
 * More than CHECKSUM_BREAK (76): include/linux/skbuff.h defers the checksum until the data is read.
 */
const LONG = new Uint8Array(1000).fill(0x61);

export const scenario: Scenario = {
  title: "A long segment with a wrong checksum on an open connection",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { clientPort, serverPort, clientSeq: seq, serverSeq: ack, dropped } = await open(lab);
    lab.hosts.inject({
      ...segmentToServer(lab.family, clientPort, serverPort),
      seq,
      ack,
      flags: PSH_ACK,
      payload: LONG,
      checksumRight: false,
    });
    return {
      // tcp_rcv_established() drops by a tail call, so that it leaves no frame.
      drops: [
        {
          ...dropped,
          reason: "TCP_CSUM",
          class: "loss",
          flags: ["PSH", "ACK"],
          frame: `tcp_v${lab.family}_do_rcv`,
          also: { payloadLen: LONG.length },
        },
      ],
      counters: [
        { host: "server", counter: "TcpInCsumErrors", by: 1 },
        { host: "server", counter: "TcpInErrs", by: 1 },
      ],
    };
  },
};
