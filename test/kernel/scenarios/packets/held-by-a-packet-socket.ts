import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";
import { RST_ACK, segmentToServer } from "../segments.ts";

export const scenario: Scenario = {
  title: "A packet socket holds a clone of a segment: its drop is reported once",
  families: BOTH,
  paths: EVERY_PATH,
  run: ({ hosts, family }) => {
    // Never read: the clone is in its queue when the segment is dropped.
    hosts.capture();
    const dport = hosts.newPort();
    hosts.inject({ ...segmentToServer(family, 1000, dport), seq: 1, flags: RST_ACK });
    return {
      drops: [
        {
          ...received,
          reason: "NO_SOCKET",
          class: "refused",
          state: undefined,
          flags: ["RST", "ACK"],
          sport: 1000,
          dport,
          frame: `tcp_v${family}_rcv`,
        },
      ],
    };
  },
};
