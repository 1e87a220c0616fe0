/** Whether a trace shows what a scenario expects: each drop as often as stated, and nothing else. */
import assert from "node:assert/strict";
import { ADDRESS } from "../../../src/lab/hosts.ts";
import type { Outer, TcpFlag } from "../../../src/model/index.ts";
import { reasonRow, variantOfReason } from "../../../src/reasons/index.ts";
import type { DropFacts } from "../../drop-facts.ts";
import { hasFrame } from "../tracing.ts";
import { givesReasons, givesSocket, hasReason, isNamed, isTraced, netnsHere, stateHere } from "./reasons.ts";
import type { ExpectedDrop, HostName, Lab } from "./scenario.ts";

/** The reason that this kernel gives. */
export function reasonHere(expected: ExpectedDrop): string {
  return expected.subsystem !== undefined || isNamed(expected.reason)
    ? expected.reason
    : (expected.reasonBefore ?? "NOT_SPECIFIED");
}

export function netnsOf({ hosts }: Lab, host: HostName): number {
  const namespace = hosts[host];
  assert(namespace !== undefined, `there is no ${host} on this path`);
  return namespace.inode;
}

/** Whether the event is the expected one, by its identity: `check` compares the rest. */
export function matches(drop: DropFacts, expected: ExpectedDrop): boolean {
  return (
    (givesReasons ? drop.reason === reasonHere(expected) : hasReason(drop, expected.reason)) &&
    (expected.sport === undefined || drop.sport === expected.sport) &&
    (expected.dport === undefined || drop.dport === expected.dport) &&
    (expected.flags === undefined || drop.flags?.join() === expected.flags.join())
  );
}

/** True once everything expected was seen. */
export function complete(drops: readonly DropFacts[], expected: readonly ExpectedDrop[]): boolean {
  return expected
    .filter(isTraced)
    .every((one) => drops.filter((drop) => matches(drop, one)).length >= (one.count ?? 1));
}

/** Fails unless the drops are exactly the expected ones, with all expected facts. */
export function check(lab: Lab, drops: readonly DropFacts[], expected: readonly ExpectedDrop[]): void {
  const left = new Set(drops);
  for (const one of expected.filter(isTraced)) {
    const found = [...left].filter((drop) => matches(drop, one)).slice(0, one.count ?? 1);
    assert.equal(
      found.length,
      one.count ?? 1,
      `${reasonHere(one)}: ${found.length} of ${one.count ?? 1} shown; all: ${list(drops)}`,
    );
    for (const drop of found) {
      left.delete(drop);
      compare(lab, drop, one);
    }
  }
  assert.equal(left.size, 0, `not explained by the scenario: ${list([...left])}`);
}

function compare(lab: Lab, drop: DropFacts, expected: ExpectedDrop): void {
  const { family } = lab;
  assert.deepEqual(
    {
      ip: drop.ip,
      saddr: drop.saddr,
      daddr: drop.daddr,
      netns: drop.netns,
      direction: drop.direction,
      state: drop.state,
      flags: drop.flags,
      segments: drop.gsoSegs,
      tunnel: drop.tunnel,
      // If the kernel lacks the name, the location decides the class, and this scenario does not state it.
      class: drop.reason === expected.reason ? drop.class : expected.class,
      variant: showsVariant(drop, expected) ? drop.variant : variantHere(expected),
      subsystem: drop.reasonSubsystem,
    },
    {
      ip: family,
      saddr: expected.saddr ?? ADDRESS.client[family],
      daddr: expected.daddr ?? ADDRESS.server[family],
      netns: netnsHere(drop, expected.state, netnsOf(lab, expected.host)),
      direction: expected.direction,
      state: stateHere(drop, expected.state),
      flags: expected.flags,
      segments: expected.segments ?? 1,
      tunnel: expected.tunnel ?? false,
      class: expected.class,
      variant: variantHere(expected),
      subsystem: givesReasons || drop.reasonInferred ? (expected.subsystem ?? "CORE") : undefined,
    },
  );
  for (const [field, value] of Object.entries(expected.also ?? {}))
    assert.deepEqual(drop[field as keyof DropFacts], value, `${field} of ${list([drop])}`);
  for (const [field, value] of Object.entries(expected.outer ?? {}))
    assert.deepEqual(drop.outer?.[field as keyof Outer], value, `outer ${field} of ${list([drop])}`);
  assert.equal(drop.outer !== undefined, drop.tunnel, list([drop]));
  const frames = typeof expected.frame === "string" ? [expected.frame] : expected.frame;
  assert(
    frames.some((frame) => hasFrame(drop, frame)),
    `${frames.join(" or ")} is on the stack: ${drop.stack?.join(" < ")}`,
  );
}

/** The id of the variant that must be shown; this kernel has the reason. */
function variantHere({ reason, subsystem = "CORE", variant, flags = [] }: ExpectedDrop): string {
  const own = variantOfReason(reasonRow(reason, subsystem)).id;
  if (variant !== undefined) return variant.includes("/") ? variant : `${own}/${variant}`;
  return reason === "NO_SOCKET" ? own + ofNoSocket(flags) : own;
}

/** Of what tcp_v4_rcv() finds no socket for. */
function ofNoSocket(flags: readonly TcpFlag[]): string {
  if (flags.includes("RST")) return "/rst";
  if (flags.includes("SYN")) return flags.includes("ACK") ? "/syn-ack" : "/syn";
  return flags.includes("ACK") ? "/connection-gone" : "/probe";
}

/** Whether this kernel shows all that the variant depends on: before 6.11 not the receiving socket. */
function showsVariant(drop: DropFacts, { reason, state }: ExpectedDrop): boolean {
  return givesReasons && drop.reason === reason && (givesSocket || state === undefined);
}

/** One line each, for people. */
export function list(drops: readonly DropFacts[]): string {
  const lines = drops.map(
    (drop) =>
      `${drop.reason} ${drop.class} ${drop.variant} ${drop.direction} ${drop.state ?? "-"} ${drop.saddr}:${drop.sport} > ${drop.daddr}:${drop.dport} (${drop.flags?.join("|") ?? ""}) segs ${drop.gsoSegs} netns ${drop.netns} ${drop.stack?.slice(0, 6).join(" < ") ?? drop.location}`,
  );
  return `\n    ${lines.join("\n    ")}`;
}
