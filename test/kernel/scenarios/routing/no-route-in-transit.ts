import { refusedInTransit } from "../transit.ts";

export const scenario = refusedInTransit({
  title: "A router has no route for a SYN",

  drop: {
    4: { reason: "IP_INNOROUTES", frame: "ip_error" },
    6: { reason: "IP_INNOROUTES", frame: ["ip6_pkt_drop", "ip6_pkt_discard", "ip6_pkt_prohibit"] },
  },
  counters: { 4: [{ counter: "IpExtInNoRoutes", by: 1 }], 6: [{ counter: "Ip6InNoRoutes", by: 1 }] },
});
