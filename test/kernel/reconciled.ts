/** Shared by tests of counters. */
import type { Family } from "../../src/lab/hosts.ts";
import { segmentToServer } from "../../src/lab/segments.ts";
import { patient } from "../patience.ts";

export const LIMIT = { timeout: patient(30_000) };

/**
 * Counters that rise by themselves. softnet.dropped belongs to the machine, and other namespaces raise it
 * too. Router solicitations and listener reports of IPv6 arrive at any time, and have no route on a host that
 * does not forward them.
 */
export const NOISE: readonly string[] = ["softnet.dropped", "Ip6InNoRoutes"];

export function toServer(family: Family, sourcePort: number, destinationPort: number) {
  return { ...segmentToServer(family, sourcePort, destinationPort), seq: 1 };
}
