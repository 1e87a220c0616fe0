import type { Incident } from "../incident.ts";
import { nft, nftCount, SERVICE } from "../lab.ts";

const CONNECTIONS = 4;
const COMMENT = "SYNs on their way";

/** The server answers each SYN; what it drops is the SYN that comes again because the answer was lost. */
export const incident: Incident = {
  title: "SYN-ACKs are lost between server and client, so that SYNs are sent again",
  needs: ["nft"],
  watch: "server",
  build: async (lab) => {
    await lab.serve();
    nft(
      lab.router,
      `table ip filter { chain forward {
        type filter hook forward priority 0;
        tcp flags & (syn | ack) == syn counter comment "${COMMENT}"
        tcp flags & (syn | ack) == (syn | ack) drop
      }
      }`,
    );
    await lab.readyLoad();
  },
  run: async (lab) => {
    await lab.load({
      kind: "fetch",
      path: "/1",
      connections: CONNECTIONS,
      atOnce: CONNECTIONS,
      limitMs: 3200,
    });
    return { drops: { syn: nftCount(lab.router, COMMENT) - CONNECTIONS } };
  },
  goOn: {
    load: { kind: "fetch", path: "/1", connections: 12, atOnce: 12, limitMs: 1500 },
    lookAfterMs: 0,
  },
  expected: {
    drops: {
      syn: {
        reason: "NOT_SPECIFIED",
        class: "duplicate",
        direction: "rx",
        device: "srv0",
        service: SERVICE,
      },
    },
    answers: {
      findings: ["lost-syn-acks"],
      whose: /\bnode\[\d+\]/,
      what: /^\d+ SYNs to 192\.0\.2\.2:8080 came again although/,
      why: /had to wait for a second SYN-ACK/,
      // The server answers: SYN-ACKs leave it.
      next: { command: /^ip netns exec inc-server-\d+ tcpdump /, shows: /Flags \[S\.\]/ },
      severity: "warning",
    },
  },
};
