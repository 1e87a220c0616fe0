import { ethernet, tcpPacket } from "../frames.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "TCP headers with a length below the minimum, or beyond the packet",
  families: BOTH,
  paths: ["veth"],
  run: ({ hosts, family }) => {
    const dport = hosts.newPort();
    const payload = Buffer.from("abc");
    const segments = [
      { sport: 1000, dport, dataOffset: 0, payload },
      { sport: 1001, dport, dataOffset: 4, payload },
      { sport: 1002, dport, dataOffset: 15, payload },
    ];
    hosts.injectFrames(segments.map((segment) => ethernet(hosts.clientMacs, tcpPacket(family, segment))));
    const dropped = {
      ...received,
      class: "loss",
      state: undefined,
      flags: ["PSH", "ACK"],
      dport,
      frame: `tcp_v${family}_rcv`,
    } as const;
    return {
      drops: segments.map(({ sport, dataOffset }) => ({
        ...dropped,
        // tcp_v4_rcv(), tcp_v6_rcv(): when pskb_may_pull(skb, th->doff * 4) fails, no reason is set yet.
        reason: dataOffset < 5 ? "PKT_TOO_SMALL" : "NOT_SPECIFIED",
        ...(dataOffset < 5 ? {} : { variant: "before-socket-lookup" }),
        sport,
        // The bytes after a header of that length.
        also: { payloadLen: Math.max(0, 20 + payload.length - 4 * dataOffset) },
      })),
      // Below 5 words it counts as a bad segment; a header beyond the packet is only discarded.
      counters: [{ host: "server", counter: "TcpInErrs", by: 2 }],
    };
  },
};
