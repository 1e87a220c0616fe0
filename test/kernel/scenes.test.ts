/**
 * The drop of every scene is shown once, as the scene describes it (reasons as in Linux 6.18).
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SCENES } from "../../src/lab/scenes.ts";
import type { DropFacts } from "../drop-facts.ts";
import { patient } from "../patience.ts";
import { givesSocket, hasReason, isTraced, netnsHere, stateHere } from "./scenarios/reasons.ts";
import { hasFrame, Tracing } from "./tracing.ts";

const MS = 1_000_000n;
const CLOCK_SLACK_MS = 2n;
const wallNs = (): bigint => BigInt(Date.now()) * MS;

for (const scene of SCENES) {
  test(`${scene.name}: ${scene.title}`, { timeout: patient(15_000) }, async (t) => {
    await using tracing = await Tracing.open({ all: true, filtered: givesSocket });
    const { hosts } = tracing;
    const beforeNs = wallNs();
    const expected = await scene.run(hosts);
    if (!isTraced(expected))
      return t.skip("this kernel gives no drop reasons, and drops inside TCP without a tracepoint");
    const isIt = (drop: DropFacts): boolean =>
      hasReason(drop, expected.reason) && drop.dport === expected.dport;
    const drop = await tracing.expectEvent(isIt, expected.reason);
    const { totals } = await tracing.finish();
    const afterNs = wallNs();

    const { dport, direction, flags, state, saddr, daddr, ip: family } = drop;
    assert.deepEqual(
      { dport, direction, flags, state, saddr, daddr, family, netns: drop.netns },
      {
        dport: expected.dport,
        direction: expected.direction,
        flags: expected.flags,
        state: stateHere(drop, expected.state),
        saddr: expected.saddr,
        daddr: expected.daddr,
        family: expected.family,
        netns: netnsHere(drop, expected.state, hosts[expected.host].inode),
      },
    );
    if (expected.sport === undefined) assert((drop.sport ?? 0) > 0, "the stack's own port");
    else assert.equal(drop.sport, expected.sport);
    assert.equal(drop.tunnel, false);
    assert(hasFrame(drop, expected.frame), `${expected.frame} is on the stack: ${drop.stack?.join(" < ")}`);
    assert(
      drop.timeNs >= beforeNs - CLOCK_SLACK_MS * MS && drop.timeNs <= afterNs + CLOCK_SLACK_MS * MS,
      "the time lies within the test",
    );
    assert.equal(tracing.drops.filter(isIt).length, 1, "one drop, one event");
    assert.deepEqual({ lost: totals.lost, unread: totals.unread }, { lost: 0, unread: 0 });
  });
}
