import assert from "node:assert/strict";
import { test } from "node:test";
import { libcSyscalls } from "../sys/libc.ts";
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from "../sys/macros.ts";
import { WallClock } from "./wall-clock.ts";

/** Clocks that play back pairs of (before, wall, after). */
function script(readings: readonly (readonly [bigint, bigint, bigint])[]) {
  const monotonic = readings.flatMap(([before, , after]) => [before, after]);
  const wall = readings.map(([, now]) => now);
  const next = (from: bigint[]): bigint => from.shift() ?? assert.fail("a reading too many");
  return { monotonicNs: () => next(monotonic), realtimeNs: () => next(wall) };
}

test("WallClock believes the tightest of three readings", () => {
  const clock = new WallClock(
    script([
      [100n, 5_900n, 900n],
      [1_000n, 6_005n, 1_010n],
      [2_000n, 7_300n, 2_500n],
    ]),
  );
  assert.equal(clock.toWallNs(0n), 5_000n);
  assert.equal(clock.toWallNs(77n), 5_077n);
});

test("WallClock.refresh follows a wall clock that was set", () => {
  const before = [
    [0n, 1_000n, 0n],
    [0n, 1_000n, 0n],
    [0n, 1_000n, 0n],
  ] as const;
  const after = [
    [10n, 9_010n, 10n],
    [10n, 9_010n, 10n],
    [10n, 9_010n, 10n],
  ] as const;
  const clock = new WallClock(script([...before, ...after]));
  assert.equal(clock.toWallNs(5n), 1_005n);
  clock.refresh();
  assert.equal(clock.toWallNs(5n), 9_005n);
});

test("WallClock with the kernel's clocks agrees with Date, and hrtime is CLOCK_MONOTONIC", () => {
  const clock = new WallClock({
    monotonicNs: () => libcSyscalls.clockGettimeNs(CLOCK_MONOTONIC),
    realtimeNs: () => libcSyscalls.clockGettimeNs(CLOCK_REALTIME),
  });
  const before = Date.now();
  const shown = clock.toWallNs(libcSyscalls.clockGettimeNs(CLOCK_MONOTONIC));
  // Date has whole milliseconds, and both clocks may be slewed against each other by half a millisecond in a
  // second.
  assert.ok(
    shown >= BigInt(before - 1) * 1_000_000n && shown <= BigInt(Date.now() + 2) * 1_000_000n,
    String(shown),
  );
  const readings = [
    libcSyscalls.clockGettimeNs(CLOCK_MONOTONIC),
    process.hrtime.bigint(),
    libcSyscalls.clockGettimeNs(CLOCK_MONOTONIC),
  ] as const;
  assert.ok(readings[0] <= readings[1] && readings[1] <= readings[2], readings.join(" "));
});
