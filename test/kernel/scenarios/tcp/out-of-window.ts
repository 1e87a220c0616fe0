import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";
import { PSH_ACK, segmentToServer } from "../segments.ts";

export const scenario: Scenario = {
  tells: "Data far beyond the receive window of an open connection",
  families: BOTH,
  paths: EVERY_PATH,
  run: async ({ hosts, family }) => {
    const { clientPort: sport, serverPort: dport, clientSeq, serverSeq } = await hosts.establish(family, hosts.newPort());
    hosts.inject({
      ...segmentToServer(family, sport, dport),
      seq: (clientSeq + 100_000_000) >>> 0,
      ack: serverSeq,
      flags: PSH_ACK,
      payload: Buffer.from("far"),
    });
    return {
      drops: [
        {
          ...received,
          reason: "TCP_INVALID_SEQUENCE",
          class: "loss",
          state: "ESTABLISHED",
          flags: ["PSH", "ACK"],
          sport,
          dport,
          frame: "tcp_validate_incoming",
        },
      ],
    };
  },
};
