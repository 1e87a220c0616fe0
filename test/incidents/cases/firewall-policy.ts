import { FORWARDED, type Incident } from "../incident.ts";
import { nft, nftCount, SERVICE } from "../lab.ts";

const COMMENT = "falls to the policy";

export const incident: Incident = {
  title: "The policy of a chain on the router drops what no rule accepts",
  needs: ["nft", "nft-ct"],
  watch: "router",
  build: async (lab) => {
    await lab.serve();
    nft(
      lab.router,
      `table ip filter {
        chain forward {
          type filter hook forward priority 0; policy drop;
          ct state established,related accept
          tcp dport 443 accept
          counter comment "${COMMENT}"
        }
      }`,
    );
    await lab.readyLoad();
  },
  run: async (lab) => {
    await lab.load({ kind: "fetch", path: "/1", connections: 25, atOnce: 5, limitMs: 300 });
    return { drops: { syn: nftCount(lab.router, COMMENT) } };
  },
  expected: {
    drops: {
      syn: {
        reason: "NETFILTER_DROP",
        in: "nft_do_chain",
        class: "loss",
        direction: "forwarded",
        device: "rtc0",
        service: SERVICE,
      },
    },
    answers: {
      findings: ["firewall-policy"],
      whose: FORWARDED,
      what: /^The firewall \(hook forward\) dropped \d+ segments? .*a chain whose policy is drop/,
      why: /nftables dropped it/,
      severity: "critical",
      next: { command: /^ip netns exec inc-router-\d+ nft -a list ruleset$/, shows: /policy drop/ },
    },
  },
};
