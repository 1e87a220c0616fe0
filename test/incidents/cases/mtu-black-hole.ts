import { FORWARDED, type Incident } from "../incident.ts";
import { nft, nftCount, SERVICE } from "../lab.ts";

const COMMENT = "no ICMP out of here";

export const incident: Incident = {
  title: "A path MTU black hole: segments are too big for the router's next link, and its ICMP is filtered",
  needs: ["nft"],
  watch: "router",
  build: async (lab) => {
    await lab.serve();
    lab.router.run("ip", ["link", "set", "rtc0", "mtu", "1200"]);
    nft(
      lab.router,
      `table ip filter { chain output {
        type filter hook output priority 0; ip protocol icmp counter drop comment "${COMMENT}"
      }
      }`,
    );
    await lab.readyLoad();
  },
  run: async (lab) => {
    await lab.load({ kind: "fetch", path: "/300000", connections: 9, atOnce: 3, limitMs: 900 });
    return { drops: { tooBig: nftCount(lab.router, COMMENT) } };
  },
  expected: {
    drops: {
      tooBig: {
        reason: "PKT_TOO_BIG",
        class: "loss",
        direction: "forwarded",
        device: "rts0",
        service: SERVICE,
      },
    },
    answers: {
      findings: ["mtu-black-hole"],
      whose: FORWARDED,
      what: /too big|MTU/,
      why: /1200/,
      severity: "critical",
      next: { command: /ip netns exec inc-router-\d+ ip link show (dev )?rtc0/, shows: /mtu 1200/ },
    },
  },
};
