import { refusedInTransit } from "../transit.ts";

/** As with a blackhole route, but found by ip rule. */
export const scenario = refusedInTransit({
  title: "A router has a blackhole rule for a SYN",
  command: "rule add to NETWORK blackhole",
  drop: {
    4: { reason: "NOT_SPECIFIED", frame: "ip_error", variant: "route-rejects" },
    6: { reason: "NOT_SPECIFIED", frame: "dst_discard_out", variant: "route-discards" },
  },
  counters: { 4: [], 6: [] },
});
