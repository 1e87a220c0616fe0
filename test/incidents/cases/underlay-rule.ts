import type { Netns } from "../../../src/lab/netns.ts";
import { FORWARDED, type Incident } from "../incident.ts";
import { nft, nftCount } from "../lab.ts";

const COMMENT = "no tunnels";
const OVERLAY = { client: "203.0.113.1", server: "203.0.113.2" } as const;
const MAC = { client: "02:00:00:00:01:01", server: "02:00:00:00:01:02" } as const;

export const incident: Incident = {
  title: "A rule on the router drops one of four packets of a VXLAN, and with them the TCP inside",
  needs: ["nft", "nft-numgen", "vxlan"],
  watch: "router",
  build: async (lab) => {
    tunnel(lab.client, "client", "server", "192.0.2.1", "192.0.2.2", "cli0");
    tunnel(lab.server, "server", "client", "192.0.2.2", "192.0.2.1", "srv0");
    await lab.serve();
    nft(
      lab.router,
      `table ip filter { chain forward {
        type filter hook forward priority 0;
        iifname "rtc0" udp dport 4789 numgen inc mod 4 == 0 counter drop comment "${COMMENT}"
      }
      }`,
    );
    await lab.readyLoad();
  },
  run: async (lab) => {
    await lab.load({
      kind: "fetch",
      path: "/1",
      connections: 40,
      atOnce: 4,
      limitMs: 300,
      address: OVERLAY.server,
    });
    return { drops: { inner: nftCount(lab.router, COMMENT) } };
  },
  expected: {
    drops: {
      inner: {
        reason: "NETFILTER_DROP",
        in: "nft_do_chain",
        class: "loss",
        direction: "forwarded",
        device: "rtc0",
        service: `${OVERLAY.server}:8080`,
        tunnel: true,
      },
    },
    answers: {
      findings: ["firewall-rule"],
      whose: FORWARDED,
      what: /^The firewall \(hook forward\) dropped \d+ segments? inside a tunnel /,
      why: /outer packet/,
      severity: "critical",
      next: { command: /^ip netns exec inc-router-\d+ nft -a list ruleset$/, shows: /no tunnels/ },
    },
  },
};

type End = keyof typeof OVERLAY;

/** Without neighbour discovery: what crosses it is TCP alone. */
function tunnel(host: Netns, own: End, peer: End, local: string, remote: string, device: string): void {
  host.run(
    "ip",
    ["-batch", "-"],
    `link add vx0 address ${MAC[own]} type vxlan id 42 local ${local} remote ${remote} dstport 4789 dev ${device}
     link set vx0 addrgenmode none
     addr add ${OVERLAY[own]}/24 dev vx0
     link set vx0 up
     neigh replace ${OVERLAY[peer]} lladdr ${MAC[peer]} dev vx0\n`,
  );
}
