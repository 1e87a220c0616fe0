import type { Incident } from "../incident.ts";

export const incident: Incident = {
  title: "Nothing is wrong: ordinary traffic of a web server",
  watch: "server",
  build: async (lab) => {
    await lab.serve();
    await lab.load({ kind: "hold", connections: 5 });
  },
  run: async (lab) => {
    await lab.load({ kind: "fetch", path: "/2000", connections: 200, atOnce: 8, limitMs: 5000 });
    await lab.load({ kind: "fetch", path: "/3000000", connections: 3, atOnce: 3, limitMs: 5000 });
    await lab.load({ kind: "speak", limitMs: 5000 });
    return { drops: {} };
  },
  expected: {
    drops: {},
    answers: {
      findings: [],
      what: /^No TCP segment was dropped/,
    },
  },
};
