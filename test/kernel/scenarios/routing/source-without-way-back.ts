import { IP_RCV_FINISH, martian } from "../martian.ts";

export const scenario = martian(4, {
  title: "A SYN has a source to which there is no route (loose rp_filter)",
  source: "198.51.100.7",
  drop: { reason: "IP_RPFILTER", frame: IP_RCV_FINISH },
  counters: [{ host: "server", counter: "TcpExtIPReversePathFilter", by: 1 }],
  prepare: (hosts) => hosts.setSysctl(hosts.server, "ipv4/conf/srv0/rp_filter", "2"),
});
