import { refusedInTransit } from "../transit.ts";

/**
 * IPv4 answers without a reason: net/ipv4/route.c, ip_error(), EHOSTUNREACH if forwarding is on.
 */
export const scenario = refusedInTransit({
  title: "A router has an unreachable route for a SYN",
  command: "route add unreachable NETWORK",
  drop: {
    4: { reason: "NOT_SPECIFIED", frame: "ip_error", variant: "route-rejects" },
    6: { reason: "IP_INNOROUTES", frame: ["ip6_pkt_drop", "ip6_pkt_discard", "ip6_pkt_prohibit"] },
  },
  counters: { 4: [], 6: [{ counter: "Ip6InNoRoutes", by: 1 }] },
});
