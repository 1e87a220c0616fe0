/** What tests of counters share. */
import type { Family } from "../../src/lab/hosts.ts";
import { segmentToServer } from "../../src/lab/segments.ts";
import { patient } from "../patience.ts";

export const LIMIT = { timeout: patient(30_000) };

/**
 * Counters that rise by themselves. softnet.dropped is the machine's own, which other namespaces raise too.
 * Router solicitations and listener reports of IPv6 arrive when they like, and have no route on a host that
 * does not route them.
 */
export const NOISE: readonly string[] = ["softnet.dropped", "Ip6InNoRoutes"];

export function toServer(family: Family, sourcePort: number, destinationPort: number) {
  return { ...segmentToServer(family, sourcePort, destinationPort), seq: 1 };
}
