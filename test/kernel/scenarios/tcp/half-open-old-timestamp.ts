import { halfOpen } from "../handshakes.ts";
import { isNamed } from "../reasons.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { timestamps } from "../tcp-options.ts";

const NOW = 1_000_000;

export const scenario: Scenario = {
  title: "The last ACK of a handshake has an older timestamp than its SYN",
  families: BOTH,
  paths: ["veth"],
  run: async (lab) => {
    const { connection, dropped } = await halfOpen(lab, undefined, { options: timestamps(NOW) });
    connection.send({ options: timestamps(NOW - 100_000) });
    // tcp_check_req() gives reasons since it gives TCP_LISTEN_OVERFLOW (6.15).
    const reason = isNamed("TCP_LISTEN_OVERFLOW") ? "TCP_RFC7323_PAWS" : "NOT_SPECIFIED";
    return {
      drops: [{ ...dropped, reason, class: "loss", flags: ["ACK"], frame: `tcp_v${lab.family}_rcv` }],
      counters: [{ host: "server", counter: "TcpExtPAWSEstab", by: 1 }],
    };
  },
};
