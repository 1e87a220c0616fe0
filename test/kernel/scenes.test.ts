/** Every scene's drop is shown once, with all that the scene says of it (reasons as Linux 6.18 names them). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SCENES } from "../../src/lab/scenes.ts";
import { hasFrame, Tracing } from "./tracing.ts";

const MS = 1_000_000n;
const CLOCK_SLACK_MS = 2n;
const wallNs = (): bigint => BigInt(Date.now()) * MS;

for (const scene of SCENES) {
  test(`${scene.name}: ${scene.tells}`, { timeout: 15_000 }, async () => {
    await using tracing = new Tracing({ all: true });
    const { hosts } = tracing;
    const beforeNs = wallNs();
    const expected = await scene.run(hosts);
    const drop = await tracing.expectEvent(({ reason, dport }) => reason === expected.reason && dport === expected.dport, expected.reason);
    const { totals } = await tracing.finish();
    const afterNs = wallNs();

    const { reason, dport, direction, flags, state, saddr, daddr, ip: family } = drop;
    assert.deepEqual(
      { reason, dport, direction, flags, state, saddr, daddr, family, netns: drop.netns },
      {
        reason: expected.reason,
        dport: expected.dport,
        direction: expected.direction,
        flags: expected.flags,
        state: expected.state,
        saddr: expected.saddr,
        daddr: expected.daddr,
        family: expected.family,
        netns: hosts[expected.host].inode,
      },
    );
    if (expected.sport === undefined) assert((drop.sport ?? 0) > 0, "the stack's own port");
    else assert.equal(drop.sport, expected.sport);
    assert.equal(drop.tunnel, false);
    assert(hasFrame(drop, expected.frame), `${expected.frame} is on the stack: ${drop.stack?.join(" < ")}`);
    assert(drop.timeNs >= beforeNs - CLOCK_SLACK_MS * MS && drop.timeNs <= afterNs + CLOCK_SLACK_MS * MS, "the time lies within the test");
    const same = tracing.drops.filter((other) => other.reason === expected.reason && other.dport === expected.dport);
    assert.equal(same.length, 1, "one drop, one event");
    assert.deepEqual({ lost: totals.lost, unread: totals.unread }, { lost: 0, unread: 0 });
  });
}
