import { refusedInTransit } from "../transit.ts";

/** As with a blackhole route, but found by ip rule. */
export const scenario = refusedInTransit({
  title: "A router has a blackhole rule for a SYN",
  command: "rule add to NETWORK blackhole",
  drop: {
    4: { reason: "NOT_SPECIFIED", frame: "ip_error" },
    6: { reason: "NOT_SPECIFIED", frame: "dst_discard_out" },
  },
  counters: { 4: [], 6: [] },
});
