import { martian } from "../martian.ts";

export const scenario = martian(6, {
  title: "An IPv6 SYN goes to a group of the reserved scope 0",
  destination: "ff00::1",
  drop: { reason: "IP_INHDR", frame: ["ip6_rcv_core", "ip6_rcv_core.isra.0"] },
  counters: [{ host: "server", counter: "Ip6InHdrErrors", by: 1 }],
});
