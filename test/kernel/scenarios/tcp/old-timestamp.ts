import { SOL_TCP } from "../../../../src/sys/macros.ts";
import { getOption } from "../../../../src/sys/sockets.ts";
import { TCP_TIMESTAMP } from "../../../lab/macros.ts";
import { inject, open } from "../connection.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";
import { PSH_ACK } from "../segments.ts";
import { timestamps } from "../tcp-options.ts";

export const scenario: Scenario = {
  title: "New data with a TCP timestamp older than one already seen",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { client, next, dropped } = await open(lab);
    const options = timestamps((getOption(client, SOL_TCP, TCP_TIMESTAMP) - 1_000_000) >>> 0);
    inject(lab, { ...next, flags: PSH_ACK, options, payload: Buffer.from("late") });
    return {
      drops: [
        {
          ...dropped,
          reason: "TCP_RFC7323_PAWS",
          class: "loss",
          flags: ["PSH", "ACK"],
          frame: "tcp_validate_incoming",
        },
      ],
      counters: [{ host: "server", counter: "TcpExtPAWSEstab", by: 1 }],
    };
  },
};
