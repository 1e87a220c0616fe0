import { waitFor } from "../../../../src/lab/hosts.ts";
import { receiveBytes, sendBytes } from "../../../../src/sys/sockets.ts";
import { inject, open } from "../connection.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";

const HELLO = Buffer.from("hello");

export const scenario: Scenario = {
  title: "Data arrives a second time",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { client, server, next, dropped } = await open(lab);
    sendBytes(client, HELLO);
    await waitFor(() => receiveBytes(server, HELLO.length), "The first copy");
    inject(lab, { ...next, flags: PSH_ACK, payload: HELLO });
    return {
      // tcp_data_queue() drops by a tail call, so that it leaves no frame.
      drops: [
        {
          ...dropped,
          reason: "TCP_OLD_DATA",
          class: "duplicate",
          flags: ["PSH", "ACK"],
          frame: "tcp_rcv_established",
        },
      ],
      counters: [
        { host: "server", counter: "TcpExtDelayedACKLost", by: 1 },
        { host: "server", counter: "TcpExtTCPDSACKOldSent", by: 1 },
      ],
    };
  },
};
