import assert from "node:assert/strict";
import { test } from "node:test";
import { TCP_STATES } from "../../model/index.ts";
import type { Holder } from "./holder.ts";
import { LongerMemory } from "./longer-memory.ts";
import { fileOf } from "./scripted-machine.test.kit.ts";

const NOW_MS = 5000;

/** Who is told of a socket that pid 10 has used last, which led to a state, and pid 20 was seen to hold. */
function toldOf(state: number, isSeen: boolean): number | undefined {
  const seen: Holder = { ...fileOf(20), holders: 1, others: 0, seenMs: 1 };
  const memory = new LongerMemory(
    { holderOfCookie: () => (isSeen ? seen : undefined), listenerOn: () => undefined },
    { userOf: () => ({ ...fileOf(10), state }), formerListener: () => undefined },
    () => NOW_MS,
  );
  return memory.holderOfCookie(1n)?.pid;
}

test("LongerMemory knows who closed a socket only by what close(2) and shutdown(2) lead to", () => {
  const closing = ["FIN_WAIT1", "LAST_ACK", "CLOSE"];
  for (const [state, name] of Object.entries(TCP_STATES)) {
    const isClosed = closing.includes(name ?? "");
    assert.equal(toldOf(Number(state), true), isClosed ? 10 : 20, name);
    assert.equal(toldOf(Number(state), false), 10, name);
  }
});
