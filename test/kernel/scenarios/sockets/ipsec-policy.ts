import { timeWait } from "../closing.ts";
import { inject, open } from "../connection.ts";
import { ip } from "../rules.ts";
import { BOTH, type Scenario } from "../scenario.ts";
import { NO_STACK_PORT, RST_ACK, SYN, segmentToServer } from "../segments.ts";

export const scenario: Scenario = {
  title: "An inbound IPsec policy blocks segments for a listener, a connection, no socket, and TIME_WAIT",
  families: BOTH,
  paths: ["veth"],
  needs: ["xfrm"],
  run: async (lab) => {
    const { hosts, family } = lab;
    const { next, dropped } = await open(lab);
    const gone = await timeWait(lab);
    const [listening, closed] = [hosts.newPort(), hosts.newPort()];
    hosts.listen(family, listening);
    ip(
      hosts.server,
      `xfrm policy add src ${family === 4 ? "0.0.0.0/0" : "::/0"} dst ${family === 4 ? "0.0.0.0/0" : "::/0"} dir in action block`,
    );
    inject(lab, next);
    for (const [dport, flags] of [
      [listening, SYN],
      [closed, RST_ACK],
    ] as const)
      hosts.inject({ ...segmentToServer(family, NO_STACK_PORT, dport), seq: 1, flags });
    gone.connection.send({ seq: gone.seq, ack: gone.ack });
    const drop = { ...dropped, class: "loss", frame: `tcp_v${family}_rcv` } as const;
    return {
      drops: [
        { ...drop, reason: "XFRM_POLICY", flags: ["ACK"] },
        {
          ...drop,
          reason: "XFRM_POLICY",
          state: "LISTEN",
          flags: ["SYN"],
          sport: NO_STACK_PORT,
          dport: listening,
        },
        // tcp_v4_rcv(), no_tcp_socket: the reason stays NO_SOCKET.
        {
          ...drop,
          reason: "NO_SOCKET",
          class: "refused",
          state: undefined,
          flags: ["RST", "ACK"],
          sport: NO_STACK_PORT,
          dport: closed,
        },
        gone.purged,
        {
          ...gone.connection.dropped,
          reason: "XFRM_POLICY",
          class: "loss",
          state: "TIME_WAIT",
          flags: ["ACK"],
          frame: `tcp_v${family}_rcv`,
        },
      ],
    };
  },
};
