import { ip, tc, tcDrop } from "../rules.ts";
import { BOTH, received, type Scenario } from "../scenario.ts";
import { RST_ACK, segmentToServer } from "../segments.ts";

export const scenario: Scenario = {
  title: "A segment is mirrored to a device that drops everything: both drops are reported",
  families: BOTH,
  paths: ["veth"],
  needs: ["mirred"],
  run: ({ hosts, family }) => {
    const { server } = hosts;
    ip(server, "link add sink0 type veth peer name sink1", "link set sink0 up", "link set sink1 up");
    tcDrop(server, "sink0", "egress");
    tc(
      server,
      "qdisc add dev srv0 clsact",
      "filter add dev srv0 ingress u32 match u32 0 0 action mirred egress mirror dev sink0",
    );
    const dport = hosts.newPort();
    hosts.inject({ ...segmentToServer(family, 1000, dport), seq: 1, flags: RST_ACK });
    const segment = { ...received, state: undefined, flags: ["RST", "ACK"], sport: 1000, dport } as const;
    return {
      drops: [
        // The copy leaves by sink0, and it arrived on srv0, as its skb_iif says.
        {
          ...segment,
          reason: "TC_EGRESS",
          class: "loss",
          frame: "__dev_queue_xmit",
          direction: "forwarded",
          also: { ifname: "srv0", outIfname: "sink0" },
        },
        { ...segment, reason: "NO_SOCKET", class: "refused", frame: `tcp_v${family}_rcv` },
      ],
    };
  },
};
