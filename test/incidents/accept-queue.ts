/** A server with a short backlog that does something else for a while, under more clients than it accepts. */
import type { ExpectedDrops, Incident } from "./incident.ts";
import { rises, SERVICE } from "./lab.ts";

const lastAck = { class: "loss", direction: "rx", device: "srv0", service: SERVICE } as const;
const overflow: ExpectedDrops = { ...lastAck, reason: "TCP_LISTEN_OVERFLOW", in: "tcp_v4_rcv" };
/** The last ACK of a handshake whose SYN was answered by a cookie. */
const cookie: ExpectedDrops = { ...lastAck, reason: "NO_SOCKET", in: "cookie_v4_check" };

/** Which of them a client meets is chance; their sum is counted. */
const ANY = [0, Number.POSITIVE_INFINITY] as const;
const SOME = [1, Number.POSITIVE_INFINITY] as const;

export function acceptQueueFull(how: string, cookies: "0" | "1"): Incident {
  const drops = cookies === "1" ? { overflow, cookie } : { overflow };
  return {
    title: `The accept queue of the web server is full under load, ${how}`,
    needs: ["tbf"],
    watch: "server",
    build: async (lab) => {
      lab.sysctl("server", "ipv4/tcp_syncookies", cookies);
      await lab.serve({ backlog: 4 });
      // A slow way back: many handshakes are under way at once.
      const words = "qdisc add dev rtc0 root tbf rate 400kbit burst 300 limit 100k";
      lab.router.run("tc", words.split(" "));
      await lab.readyLoad();
    },
    run: async (lab) => {
      // Counts all of it: tcp_listendrop(), include/net/tcp.h.
      const { TcpExtListenDrops } = await rises(lab, "server", ["TcpExtListenDrops"], () =>
        lab.load({ kind: "fetch", path: "/slow/150", connections: 60, atOnce: 30, limitMs: 1500 }),
      );
      return {
        drops: cookies === "1" ? { overflow: ANY, cookie: SOME } : { overflow: SOME },
        refused: ANY,
        sums: [{ of: [...Object.keys(drops), "refused"], count: TcpExtListenDrops }],
      };
    },
    // SYNs that were refused come again after a second, and fill the queue to the last.
    goOn: {
      load: { kind: "fetch", path: "/slow/2500", connections: 30, atOnce: 30, limitMs: 2400 },
      lookAfterMs: 1300,
    },
    expected: {
      drops,
      refused: { causes: ["ACCEPT_QUEUE_FULL", "SYN_QUEUE_FULL"], service: SERVICE },
      // Clients that give up send a RST.
      beside: ["TCP_FLAGS refused", "TCP_RESET refused"],
      answers: {
        findings: ["accept-queue-slow-app"],
        whose: /\bnode\[\d+\]/,
        what: /^The accept queue of 192\.0\.2\.2:8080 was full: /,
        why: /ListenOverflows rose by \d+/,
        severity: "critical",
        // Recv-Q over Send-Q.
        next: {
          command: /^ip netns exec inc-server-\d+ ss -ltnp? /,
          shows: /LISTEN +([5-9]|\d\d) +4 .*:8080/,
        },
      },
    },
  };
}
