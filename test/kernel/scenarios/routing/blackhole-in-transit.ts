import { refusedInTransit } from "../transit.ts";

/**
 * Neither family gives a reason: ip_error() of net/ipv4/route.c with EINVAL, and dst_discard_out() of
 * net/core/dst.c.
 */
export const scenario = refusedInTransit({
  title: "A router has a blackhole route for a SYN",
  command: "route add blackhole NETWORK",
  drop: {
    4: { reason: "NOT_SPECIFIED", frame: "ip_error", variant: "route-rejects" },
    6: { reason: "NOT_SPECIFIED", frame: "dst_discard_out", variant: "route-discards" },
  },
  counters: { 4: [], 6: [] },
});
