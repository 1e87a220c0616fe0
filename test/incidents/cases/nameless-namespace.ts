import { missing } from "../../kernel/scenarios/features.ts";
import type { Incident } from "../incident.ts";
import { nft, nftCount, SERVICE } from "../lab.ts";

const COMMENT = "pod isolation";

export const incident: Incident = {
  title:
    "A rule inside a namespace without a name, as of a container, drops the traffic of the process in it",
  needs: ["nft"],
  watch: "server",
  nameless: true,
  build: async (lab) => {
    await lab.serve({ contained: missing("cgroup2") === undefined });
    nft(
      lab.server,
      `table inet filter { chain input {
        type filter hook input priority 0; tcp dport 8080 counter drop comment "${COMMENT}"
      }
      }`,
    );
    await lab.readyLoad();
  },
  run: async (lab) => {
    await lab.load({ kind: "fetch", path: "/1", connections: 25, atOnce: 5, limitMs: 300 });
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
      next: { command: /^nsenter -t \d+ -n nft -a list ruleset$/, shows: /pod isolation/ },
    },
  },
};
