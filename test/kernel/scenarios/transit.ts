/** Addresses that a router rejects: a scenario for each way. */
import { v4, v6 } from "./martian.ts";
import { syn, synDrop } from "./one-shot.ts";
import { firstReceiver } from "./rules.ts";
import { BOTH, type ExpectedDrop, type ExpectedRise, received, type Scenario } from "./scenario.ts";

export const FAR = { 4: "203.0.113.7", 6: "2001:db8:77::7" } as const;
const FAR_NETWORK = { 4: "203.0.113.0/24", 6: "2001:db8:77::/64" } as const;

/** The devices of what goes from the client to the server. */
export const THROUGH_ROUTER = { ifname: "rtc0", outIfname: "rts0" } as const;

export interface Refusal {
  readonly title: string;
  /** Arguments of ip after -4 or -6, "NETWORK" for the far one; default: none. */
  readonly command?: string;
  readonly drop: {
    readonly [family in 4 | 6]: Pick<ExpectedDrop, "reason" | "frame"> & Partial<ExpectedDrop>;
  };
  readonly counters: { readonly [family in 4 | 6]: readonly Omit<ExpectedRise, "host">[] };
}

export function refusedInTransit({ title, command, drop, counters }: Refusal): Scenario {
  return {
    title,
    families: BOTH,
    paths: ["forwarded"],
    run: ({ hosts, family, path }) => {
      const dport = hosts.newPort();
      const { host } = firstReceiver(hosts, path);
      // `ip -batch` has no family per line.
      if (command !== undefined)
        host.run("ip", [`-${family}`, ...command.replace("NETWORK", FAR_NETWORK[family]).split(" ")]);
      hosts.inject(syn(family, dport, { destination: family === 4 ? v4(FAR[4]) : v6(FAR[6]) }));
      return {
        drops: [
          {
            ...received,
            ...synDrop(dport),
            host: "router",
            daddr: FAR[family],
            class: "loss",
            ...drop[family],
          },
        ],
        counters: counters[family].map((rise) => ({ host: "router", ...rise })),
      };
    },
  };
}
