import { timeWait } from "../closing.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { SYN } from "../segments.ts";
import { timestamps } from "../tcp-options.ts";

const NOW = 1_000_000;

export const scenario: Scenario = {
  title: "A SYN with an old timestamp for a connection in TIME_WAIT, as from a host behind the same NAT",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, seq, purged } = await timeWait(lab, { options: timestamps(NOW) });
    connection.send({ seq: seq + 1000, ack: 0, flags: SYN, options: timestamps(NOW - 100_000) });
    await connection.receive((segment) => segment.ack === seq, "The ACK");
    return {
      drops: [
        purged,
        {
          ...connection.dropped,
          reason: "TCP_RFC7323_TW_PAWS",
          class: "loss",
          state: "TIME_WAIT",
          flags: ["SYN"],
          frame: `tcp_v${lab.family}_rcv`,
        },
      ],
      counters: [{ host: "server", counter: "TcpExtPAWSTimewait", by: 1, since: "6.16" }],
    };
  },
};
