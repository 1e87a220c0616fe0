import { setOption } from "../../../../src/sys/sockets.ts";
import { IP_MINTTL, IPV6_MINHOPCOUNT, SOL_IP, SOL_IPV6 } from "../../../lab/macros.ts";
import { inject, open } from "../connection.ts";
import { BOTH, EVERY_PATH, type Scenario } from "../scenario.ts";
import { NO_STACK_PORT, SYN, segmentToServer } from "../segments.ts";

/** More than 64, the default TTL here. */
const MIN_TTL = 200;

export const scenario: Scenario = {
  title: "A TTL below IP_MINTTL or IPV6_MINHOPCOUNT: a SYN to a listener, an ACK on a connection",
  families: BOTH,
  paths: EVERY_PATH,
  run: async (lab) => {
    const { hosts, family } = lab;
    const { server, next, dropped } = await open(lab);
    const dport = hosts.newPort();
    for (const socket of [server, hosts.listen(family, dport)])
      setOption(
        socket,
        family === 4 ? SOL_IP : SOL_IPV6,
        family === 4 ? IP_MINTTL : IPV6_MINHOPCOUNT,
        MIN_TTL,
      );
    inject(lab, next);
    hosts.inject({ ...segmentToServer(family, NO_STACK_PORT, dport), seq: 1, flags: SYN });
    const drop = { ...dropped, reason: "TCP_MINTTL", class: "loss", frame: `tcp_v${family}_rcv` } as const;
    return {
      drops: [
        { ...drop, flags: ["ACK"] },
        { ...drop, flags: ["SYN"], state: "LISTEN", sport: NO_STACK_PORT, dport },
      ],
      counters: [{ host: "server", counter: "TcpExtTCPMinTTLDrop", by: 2 }],
    };
  },
};
