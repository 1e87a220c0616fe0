import { ADDRESS } from "../../../../src/lab/hosts.ts";
import { inject } from "../connection.ts";
import { BOTH, EVERY_PATH, received, type Scenario } from "../scenario.ts";
import { ACK, FIN, PSH_ACK, RST, RST_ACK, SYN_ACK } from "../segments.ts";

/** A segment with RST is not answered: net/ipv4/tcp_ipv4.c, tcp_v4_send_reset(). */
const UNANSWERED = [
  { flags: RST, names: ["RST"] },
  { flags: RST_ACK, names: ["RST", "ACK"] },
] as const;
const ANSWERED = [
  { flags: ACK, names: ["ACK"] },
  { flags: PSH_ACK, names: ["PSH", "ACK"] },
  { flags: FIN, names: ["FIN"] },
  { flags: SYN_ACK, names: ["SYN", "ACK"] },
] as const;

export const scenario: Scenario = {
  title: "Segments other than SYNs to a port without a listener",
  families: BOTH,
  paths: EVERY_PATH,
  run: (lab) => {
    const { hosts, family } = lab;
    const dport = hosts.newPort();
    const segments = [...UNANSWERED, ...ANSWERED].map((segment, index) => ({
      ...segment,
      sport: 1000 + index,
      dport,
      seq: 5000,
      ack: 6000,
    }));
    inject(lab, ...segments);
    const refused = {
      reason: "NO_SOCKET",
      class: "refused",
      state: undefined,
      frame: `tcp_v${family}_rcv`,
    } as const;
    const answer = {
      ...refused,
      host: "client",
      direction: "rx",
      saddr: ADDRESS.server[family],
      daddr: ADDRESS.client[family],
    } as const;
    return {
      drops: [
        ...segments.map(({ names, sport }) => ({ ...received, ...refused, flags: names, sport, dport })),
        // The answer to a segment with ACK has no ACK itself, RFC 9293, 3.10.7.1.
        ...segments.slice(UNANSWERED.length).map(({ names, sport }) => ({
          ...answer,
          flags: names.some((name) => name === "ACK") ? (["RST"] as const) : (["RST", "ACK"] as const),
          sport: dport,
          dport: sport,
        })),
      ],
      counters: [{ host: "server", counter: "TcpOutRsts", by: ANSWERED.length }],
    };
  },
};
