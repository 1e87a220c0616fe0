import { setTimeout as sleep } from "node:timers/promises";
import type { Incident } from "../incident.ts";
import { SERVICE } from "../lab.ts";

const ATTEMPTS = 40;

export const incident: Incident = {
  title: "The web server is killed in the middle of downloads, and clients come back to a closed port",
  watch: "server",
  build: async (lab) => {
    await lab.serve();
    await lab.load({ kind: "hold", connections: 3 });
  },
  run: async (lab) => {
    const download = lab.load({
      kind: "fetch",
      // More than any machine sends in time.
      path: "/1000000000000",
      connections: 1,
      atOnce: 1,
      limitMs: 2000,
    });
    await sleep(300);
    await lab.killServer();
    const { broken } = await download;
    if (broken !== 1) throw new Error("The download was over before the server was killed");
    const { refused } = await lab.load({
      kind: "fetch",
      path: "/1",
      connections: ATTEMPTS,
      atOnce: 1,
      limitMs: 1000,
    });
    if (refused !== ATTEMPTS) throw new Error(`${refused} of ${ATTEMPTS} connects were refused`);
    return { drops: { syn: refused } };
  },
  expected: {
    drops: {
      syn: {
        reason: "NO_SOCKET",
        class: "refused",
        direction: "rx",
        device: "srv0",
        service: SERVICE,
      },
    },
    answers: {
      findings: ["service-down"],
      whose: /possibly node\[\d+\]/,
      what: /^Nobody listens on 192/,
      why: /No socket listened on port 8080 at the end/,
      severity: "critical",
      next: { command: /ip netns exec inc-server-\d+ ss -ltnp?/, shows: /^State(?![\s\S]*:8080 )/ },
    },
  },
};
