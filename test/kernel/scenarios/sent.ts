/** Drops of what the client sends, before it leaves the host. */
import type { ExpectedDrop } from "./scenario.ts";

/** A SYN of connect(). */
export function sentSyn(sport: number, dport: number) {
  return {
    host: "client",
    direction: "tx",
    state: "SYN_SENT",
    flags: ["SYN"],
    sport,
    dport,
  } as const satisfies Partial<ExpectedDrop>;
}

/** Data of an open connection. */
export function sentData(sport: number, dport: number) {
  return {
    host: "client",
    direction: "tx",
    state: "ESTABLISHED",
    flags: ["PSH", "ACK"],
    sport,
    dport,
  } as const satisfies Partial<ExpectedDrop>;
}
