import { refusedInTransit } from "../transit.ts";

/** As with a prohibit route, but found by ip rule. */
export const scenario = refusedInTransit({
  title: "A router has a prohibit rule for a SYN",
  command: "rule add to NETWORK prohibit",
  drop: {
    4: { reason: "NOT_SPECIFIED", frame: "ip_error", variant: "route-rejects" },
    6: { reason: "IP_INNOROUTES", frame: ["ip6_pkt_drop", "ip6_pkt_discard", "ip6_pkt_prohibit"] },
  },
  counters: { 4: [], 6: [{ counter: "Ip6InNoRoutes", by: 1 }] },
});
