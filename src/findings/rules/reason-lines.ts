/** Reasons as evidence: how many drops, for what, where. */
import type { Subject } from "../subject.ts";
import { countText } from "./phrases.ts";

const MAX_LINES = 4;

/** "3 drops for TCP_CSUM in tcp_v4_rcv", most first. */
export function reasonLines({ incidents }: Subject): readonly string[] {
  const counts = new Map<string, { count: number; isAtLeast: boolean }>();
  for (const { reason, function: where, count, isAtLeast } of incidents) {
    const site = `${reason ?? "no reason"} in ${where ?? "a function that is not known"}`;
    const known = counts.get(site);
    counts.set(site, {
      count: (known?.count ?? 0) + count,
      isAtLeast: isAtLeast || known?.isAtLeast === true,
    });
  }
  return [...counts]
    .sort(([, a], [, b]) => b.count - a.count)
    .slice(0, MAX_LINES)
    .map(([site, counted]) => `${countText(counted, "drop")} for ${site}`);
}
