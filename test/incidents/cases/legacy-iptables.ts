import { FORWARDED, type Incident } from "../incident.ts";
import { type Lab, SERVICE } from "../lab.ts";

export const incident: Incident = {
  title: "A rule of iptables-legacy on the router drops all that goes to the web server",
  needs: ["iptables-legacy", "iptables-comment"],
  watch: "router",
  build: async (lab) => {
    await lab.serve();
    const words = "-A FORWARD -p tcp --dport 8080 -m comment --comment TICKET-4712 -j DROP";
    lab.router.run("iptables-legacy", words.split(" "));
    await lab.readyLoad();
  },
  run: async (lab) => {
    await lab.load({ kind: "fetch", path: "/1", connections: 25, atOnce: 5, limitMs: 300 });
    return { drops: { syn: dropped(lab) } };
  },
  expected: {
    drops: {
      syn: {
        reason: "NETFILTER_DROP",
        in: "nf_hook_slow",
        class: "loss",
        direction: "forwarded",
        device: "rtc0",
        service: SERVICE,
      },
    },
    answers: {
      findings: ["firewall-rule"],
      whose: FORWARDED,
      what: /^The firewall \(hook forward\) dropped \d+ segments? /,
      why: /iptables-legacy/,
      severity: "critical",
      next: { command: /^ip netns exec inc-router-\d+ iptables-legacy-save -c$/, shows: /TICKET-4712/ },
    },
  },
};

function dropped(lab: Lab): number {
  const list = lab.router.run("iptables-legacy", ["-vnxL", "FORWARD"]);
  return Number(/^ *(\d+) .*TICKET-4712/m.exec(list)?.[1]);
}
