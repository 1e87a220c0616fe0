import { FORWARDED, type Incident } from "../incident.ts";
import { type Lab, SERVICE } from "../lab.ts";

/**
 * The shaper's timer makes room, so most of these drops come in interrupts, over whatever task is on the CPU.
 * There is a hardened kernel that runs no tracing program over some tasks (docs/compatibility.md): up to 6 % of
 * them were seen by the qdisc alone.
 */
const UNSEEN = 0.94;

export const incident: Incident = {
  title: "A shaper on the router's way out (tbf) has a queue that is too short",
  needs: ["tbf"],
  watch: "router",
  build: async (lab) => {
    await lab.serve();
    const words = "qdisc add dev rtc0 root handle 10: tbf rate 2mbit burst 8k limit 15k";
    lab.router.run("tc", words.split(" "));
    await lab.readyLoad();
  },
  run: async (lab) => {
    await lab.load({ kind: "fetch", path: "/400000", connections: 3, atOnce: 3, limitMs: 2500 });
    const made = dropped(lab);
    return { drops: { data: [Math.floor(made * UNSEEN), made] } };
  },
  expected: {
    drops: {
      data: {
        reason: "QDISC_DROP",
        class: "loss",
        direction: "forwarded",
        device: "rts0",
        service: SERVICE,
      },
    },
    answers: {
      findings: ["qdisc-short"],
      whose: FORWARDED,
      what: /qdisc|queue/,
      why: /rtc0/,
      severity: "warning",
      next: {
        command: /ip netns exec inc-router-\d+ tc -s qdisc show dev rtc0/,
        shows: /tbf 10:[\s\S]*dropped [1-9]/,
      },
    },
  },
};

function dropped(lab: Lab): number {
  const list = lab.router.run("tc", ["-s", "qdisc", "show", "dev", "rtc0"]);
  return Number(/dropped (\d+)/.exec(list)?.[1]);
}
