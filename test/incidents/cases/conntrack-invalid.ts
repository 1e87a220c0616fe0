import { FORWARDED, type Incident } from "../incident.ts";
import { nft, nftCount, SERVICE } from "../lab.ts";

const COMMENT = "no strangers";

/**
 * As after a failover: the connections are older than the firewall, whose conntrack takes up none of them
 * (nf_conntrack_tcp_loose=0).
 */
export const incident: Incident = {
  title: "A firewall is started under open connections, and conntrack calls their segments invalid",
  needs: ["nft", "nft-ct"],
  watch: "router",
  build: async (lab) => {
    await lab.serve();
    await lab.load({ kind: "hold", connections: 5 });
    nft(
      lab.router,
      `table ip filter { chain forward {
        type filter hook forward priority 0; policy accept;
        ct state invalid counter drop comment "${COMMENT}"
      }
      }`,
    );
    lab.sysctl("router", "netfilter/nf_conntrack_tcp_loose", "0");
  },
  run: async (lab) => {
    await lab.load({ kind: "speak", limitMs: 2500 });
    return { drops: { data: nftCount(lab.router, COMMENT) } };
  },
  quietMs: 2500,
  expected: {
    drops: {
      data: {
        reason: "NETFILTER_DROP",
        in: "nft_do_chain",
        class: "loss",
        direction: "forwarded",
        device: "rtc0",
        service: SERVICE,
      },
    },
    answers: {
      findings: ["conntrack-invalid"],
      whose: FORWARDED,
      what: /^The firewall dropped \d+ segments? of open connections .* invalid/,
      why: /conntrack\.invalid rose by \d+/,
      severity: "critical",
      isOver: true,
      next: { command: /^ip netns exec inc-router-\d+ nft -a list ruleset$/, shows: /ct state invalid/ },
    },
  },
};
