import { halfOpenAtFullQueue } from "../handshakes.ts";
import { BOTH, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "Accept queue full, with tcp_abort_on_overflow: the peer gets a RST",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    lab.hosts.setSysctl(lab.hosts.server, "ipv4/tcp_abort_on_overflow", "1");
    const last = await halfOpenAtFullQueue(lab);
    last.send({});
    return {
      drops: [
        {
          ...last.dropped,
          reason: "TCP_LISTEN_OVERFLOW",
          class: "loss",
          state: "LISTEN",
          flags: ["ACK"],
          frame: `tcp_v${lab.family}_rcv`,
        },
      ],
      counters: [
        { host: "server", counter: "TcpExtListenOverflows", by: 1 },
        { host: "server", counter: "TcpExtListenDrops", by: 1 },
        { host: "server", counter: "TcpExtEmbryonicRsts", by: 1 },
        { host: "server", counter: "TcpOutRsts", by: 1 },
      ],
    };
  },
};
