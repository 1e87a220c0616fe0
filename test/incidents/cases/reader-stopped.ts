import type { Incident } from "../incident.ts";
import { rises, SERVICE } from "../lab.ts";

export const incident: Incident = {
  title: "The web server does not read what it is sent, and the window stays closed",
  watch: "server",
  build: async (lab) => {
    lab.sysctl("server", "ipv4/tcp_rmem", "4096 8192 16384");
    await lab.serve();
    await lab.readyLoad();
  },
  run: async (lab) => {
    // Counts segments that hold nothing new: tcp_data_queue(), net/ipv4/tcp_input.c.
    const { TcpExtDelayedACKLost } = await rises(lab, "server", ["TcpExtDelayedACKLost"], () =>
      lab.load({ kind: "upload", connections: 3, forMs: 3000 }),
    );
    return { drops: { old: TcpExtDelayedACKLost } };
  },
  goOn: { load: { kind: "upload", connections: 3, forMs: 5000 }, lookAfterMs: 2000 },
  expected: {
    drops: {
      old: {
        reason: "TCP_OLD_DATA",
        class: "duplicate",
        direction: "rx",
        device: "srv0",
        service: SERVICE,
      },
    },
    answers: {
      findings: ["zero-window-reader"],
      whose: /\bnode\[\d+\]/,
      what: /window/,
      why: /does not read|not reading/,
      severity: "warning",
      next: { command: /^ip netns exec inc-server-\d+ ss -tn/, shows: /ESTAB +[1-9]\d+/ },
    },
  },
};
