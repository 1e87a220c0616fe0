import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A SYN to a port without a listener",
  families: BOTH,
  paths: EVERY_PATH,
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    hosts.connect(family, dport);
    return {
      drops: [
        {
          ...received,
          reason: "NO_SOCKET",
          class: "refused",
          state: undefined,
          flags: ["SYN"],
          dport,
          frame: `tcp_v${family}_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpOutRsts", by: 1 }],
    };
  },
};
