import type { Incident } from "../incident.ts";
import { nft, nftCount, SERVICE } from "../lab.ts";

const COMMENT = "block abusers TICKET-4711";

export const incident: Incident = {
  title: "A rule of nftables on the server drops four of ten SYNs to its web server",
  needs: ["nft", "nft-ct", "nft-numgen"],
  watch: "server",
  build: async (lab) => {
    await lab.serve();
    nft(
      lab.server,
      `table inet filter {
        chain services {
          tcp dport 8080 tcp flags & (syn | ack) == syn numgen inc mod 10 < 4 counter drop comment "${COMMENT}"
        }
        chain input { type filter hook input priority 0; policy accept; ct state established accept; jump services; }
      }`,
    );
    await lab.readyLoad();
  },
  run: async (lab) => {
    await lab.load({ kind: "fetch", path: "/1", connections: 70, atOnce: 5, limitMs: 300 });
    return { drops: { syn: nftCount(lab.server, COMMENT) } };
  },
  expected: {
    drops: {
      syn: {
        reason: "NETFILTER_DROP",
        in: "nft_do_chain",
        class: "loss",
        direction: "rx",
        device: "srv0",
        service: SERVICE,
      },
    },
    answers: {
      findings: ["firewall-rule"],
      whose: /possibly node\[\d+\]/,
      what: /^The firewall \(hook input\) dropped \d+ segments? /,
      why: /nftables dropped it/,
      severity: "critical",
      next: { command: /^ip netns exec inc-server-\d+ nft -a list ruleset$/, shows: /TICKET-4711/ },
    },
  },
};
