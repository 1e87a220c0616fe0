import { SOL_TCP } from "../../../../src/sys/macros.ts";
import { getOption } from "../../../../src/sys/sockets.ts";
import { TCP_TIMESTAMP } from "../../../lab/macros.ts";
import { inject, moved, open } from "../connection.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";
import { timestamps } from "../tcp-options.ts";

export const scenario: Scenario = {
  title: "A late bare ACK: both its timestamp and its sequence number are old",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { client, next, dropped } = await open(lab);
    const options = timestamps((getOption(client, SOL_TCP, TCP_TIMESTAMP) - 1_000_000) >>> 0);
    inject(lab, { ...next, seq: moved(next.seq, -1), options });
    return {
      // tcp_disordered_ack_check(); up to 6.13 such an ACK was rejected like any segment.
      drops: [
        {
          ...dropped,
          reason: "TCP_RFC7323_PAWS_ACK",
          reasonBefore: "TCP_RFC7323_PAWS",
          class: "duplicate",
          flags: ["ACK"],
          frame: "tcp_validate_incoming",
        },
      ],
      counters: [{ host: "server", counter: "TcpExtPAWSOldAck", by: 1, since: "6.14" }],
    };
  },
};
