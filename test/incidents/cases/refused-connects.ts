import type { Incident } from "../incident.ts";
import { rises } from "../lab.ts";

const PORT = 8081;
const PER_SECOND = 5000;
const FOR_MS = 1500;

export const incident: Incident = {
  title: "Clients try a port without a listener 5,000 times a second",
  watch: "server",
  build: (lab) => lab.readyLoad(),
  run: async (lab) => {
    const { TcpOutRsts } = await rises(lab, "server", ["TcpOutRsts"], () =>
      lab.load({ kind: "storm", port: PORT, perSecond: PER_SECOND, forMs: FOR_MS }),
    );
    return { drops: { syn: TcpOutRsts } };
  },
  expected: {
    drops: {
      syn: {
        reason: "NO_SOCKET",
        class: "refused",
        direction: "rx",
        device: "srv0",
        service: `192.0.2.2:${PORT}`,
      },
    },
    answers: {
      findings: ["service-down"],
      whose: /^nobody holds it: there is no socket/,
      what: /^Nobody listens on 192/,
      why: /No socket listened on port 8081 at the end/,
      severity: "critical",
      next: { command: /ip netns exec inc-server-\d+ ss -ltnp?/, shows: /^State(?![\s\S]*:8081 )/ },
    },
  },
};
