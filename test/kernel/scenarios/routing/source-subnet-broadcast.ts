import { IP_RCV_FINISH, martian } from "../martian.ts";

export const scenario = martian(4, {
  title: "A SYN has the subnet's broadcast address as source, which strict rp_filter looks up",
  source: "192.0.2.255",
  drop: { reason: "IP_INVALID_SOURCE", frame: IP_RCV_FINISH },
  prepare: (hosts) => hosts.setSysctl(hosts.server, "ipv4/conf/srv0/rp_filter", "1"),
});
