import { SYN, segmentToServer } from "../../../src/lab/segments.ts";
import type { Incident } from "../incident.ts";
import { nft } from "../lab.ts";

const PORT = 8080;
const SYNS = 300;
const NETWORK = "198.51.100";
const HOSTS = 250;

/** Nothing is dropped, so that only counters tell of it; the kernel's text of the flood is in dmesg alone. */
export const incident: Incident = {
  title: "A SYN flood from many addresses, which SYN cookies hold off",
  needs: ["nft"],
  watch: "server",
  build: async (lab) => {
    lab.sysctl("server", "ipv4/tcp_syncookies", "1");
    lab.server.run("ip", [
      "route",
      "replace",
      `${NETWORK}.0/24`,
      "via",
      "192.0.2.254",
      "dev",
      "srv0",
      "onlink",
    ]);
    await lab.serve({ backlog: 16 });
    // Nobody has the addresses: what is sent to them is lost before the router looks for a route, and no ICMP
    // comes back.
    nft(
      lab.router,
      `table ip filter { chain prerouting {
        type filter hook prerouting priority 0;
        ip daddr ${NETWORK}.0/24 drop
      }
      }`,
    );
    await lab.readyLoad();
  },
  run: async (lab) => {
    lab.hosts.injectAll(
      Array.from({ length: SYNS }, (_, at) => ({
        ...segmentToServer(4, 20_000 + at, PORT),
        source: Uint8Array.from([...NETWORK.split(".").map(Number), 1 + (at % HOSTS)]),
        seq: 1,
        flags: SYN,
      })),
    );
    const { answered } = await lab.load({
      kind: "fetch",
      path: "/2000",
      connections: 10,
      atOnce: 2,
      limitMs: 5000,
    });
    if (answered !== 10) throw new Error(`${answered} of 10 clients were answered during the flood`);
    return { drops: {} };
  },
  expected: {
    drops: {},
    answers: {
      findings: ["syn-cookies-sent"],
      headline: /^No TCP segment was dropped/,
      what: /^2\d\d SYNs found the SYN queue .* full .* of which \d+ came back; no SYN was refused: consistent with a SYN flood that SYN cookies held off/,
      why: /TcpExtTCPReqQFullDoCookies rose by 2\d\d[\s\S]*ListenDrops stood still/,
      severity: "info",
      next: {
        command: /^ip netns exec inc-server-\d+ ss -tn state syn-recv$/,
        shows: /192\.0\.2\.2:8080 +198\.51\.100\.\d+:/,
      },
    },
  },
};
