import { martian } from "../martian.ts";

export const scenario = martian(6, {
  title: "An IPv6 SYN from the wire goes to ::1",
  destination: "::1",
  drop: { reason: "IP_INHDR", frame: ["ip6_rcv_core", "ip6_rcv_core.isra.0"] },
  counters: [{ host: "server", counter: "Ip6InHdrErrors", by: 1 }],
});
