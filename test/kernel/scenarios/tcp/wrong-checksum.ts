import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";
import { NO_STACK_PORT, SYN, segmentToServer } from "../segments.ts";

export const scenario: Scenario = {
  title: "A SYN with a wrong checksum",
  families: BOTH,
  paths: EVERY_PATH,
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    hosts.listen(family, dport);
    hosts.inject({
      ...segmentToServer(family, NO_STACK_PORT, dport),
      seq: 1,
      flags: SYN,
      checksumRight: false,
    });
    return {
      // The checksum of short segments is verified before the socket lookup: tcp_v4_rcv(),
      // skb_checksum_init().
      drops: [
        {
          ...received,
          reason: "TCP_CSUM",
          class: "loss",
          state: undefined,
          flags: ["SYN"],
          sport: NO_STACK_PORT,
          dport,
          frame: `tcp_v${family}_rcv`,
        },
      ],
      counters: [
        { host: "server", counter: "TcpInCsumErrors", by: 1 },
        { host: "server", counter: "TcpInErrs", by: 1 },
      ],
    };
  },
};
