import { segmentToServer } from "../../../src/lab/segments.ts";
import type { Incident } from "../incident.ts";
import { nft, nftCount, SERVICE } from "../lab.ts";

const COMMENT = "flags that no TCP sends";
const LISTENS = 8080;
const CLOSED = 8081;
/** None at all, FIN, and FIN, PSH and URG: what `nmap -sN -sF -sX` sends. */
const PROBES = [0, 0x01, 0x29];
const TO_LISTENER = 2 * PROBES.length;

export const incident: Incident = {
  title: "A scanner sends NULL, FIN and Xmas probes to a port that listens, and to one that does not",
  needs: ["nft"],
  watch: "server",
  build: async (lab) => {
    await lab.serve();
    nft(
      lab.router,
      `table ip filter { chain forward {
        type filter hook forward priority 0;
        tcp flags & (syn | ack | rst) == 0 counter comment "${COMMENT}"
      }
      }`,
    );
  },
  run: async (lab) => {
    const ports = [...PROBES.map(() => CLOSED), ...PROBES.map(() => LISTENS), ...PROBES.map(() => LISTENS)];
    lab.hosts.injectAll(
      ports.map((port, at) => ({
        ...segmentToServer(4, 50_000 + at, port),
        seq: 1,
        flags: PROBES[at % PROBES.length] ?? 0,
      })),
    );
    // The ordinary traffic beside it is of no finding.
    await lab.load({ kind: "fetch", path: "/2000", connections: 20, atOnce: 4, limitMs: 5000 });
    const closed = nftCount(lab.router, COMMENT) - TO_LISTENER;
    return { drops: { listens: TO_LISTENER, closed } };
  },
  expected: {
    drops: {
      listens: {
        reason: "TCP_FLAGS",
        class: "refused",
        direction: "rx",
        device: "srv0",
        service: SERVICE,
      },
      closed: {
        reason: "NO_SOCKET",
        class: "refused",
        direction: "rx",
        device: "srv0",
        service: `192.0.2.2:${CLOSED}`,
      },
    },
    answers: {
      findings: ["flag-probes"],
      headline: /^Nothing is wrong: 9 drops, none of which harmed a connection/,
      whose: /nobody holds it/,
      what: /^9 segments from 1 client \(192\.0\.2\.1\) had flags that no TCP sends: consistent with a scan/,
      why: /Ports: 8080, 8081\n3 found no socket, which is answered with a RST; 6 met a socket/,
      severity: "info",
      next: { command: /ip netns exec inc-server-\d+ ss -ltnp/, shows: /:8080 / },
    },
  },
};
