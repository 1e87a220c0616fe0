import { IP_RCV_FINISH, v4 } from "../martian.ts";
import { syn, synDrop } from "../one-shot.ts";
import { firstReceiver, ip } from "../rules.ts";
import { received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "A SYN arrives on a device that does not lead back to its source (strict rp_filter)",
  families: [4],
  paths: ["veth", "forwarded"],
  run: ({ hosts, path, transit }) => {
    const dport = hosts.newPort();
    const { host, device } = firstReceiver(hosts, path);
    ip(
      host,
      "link add elsewhere0 type veth peer name elsewhere1",
      "link set elsewhere0 up",
      "link set elsewhere1 up",
      "route add 198.51.100.0/24 dev elsewhere0",
    );
    hosts.setSysctl(host, `ipv4/conf/${device}/rp_filter`, "1");
    hosts.inject(syn(4, dport, { source: v4("198.51.100.7") }));
    return {
      drops: [
        {
          ...received,
          ...synDrop(dport),
          host: transit,
          saddr: "198.51.100.7",
          reason: "IP_RPFILTER",
          class: "loss",
          also: { ifname: device, outIfname: undefined },
          frame: IP_RCV_FINISH,
        },
      ],
      counters: [{ host: transit, counter: "TcpExtIPReversePathFilter", by: 1 }],
    };
  },
};
