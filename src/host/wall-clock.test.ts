import assert from "node:assert/strict";
import { test } from "node:test";
import { libcSyscalls } from "../sys/libc.ts";
import { CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_REALTIME } from "../sys/macros.ts";
import { EVENT_CLOCK, WallClock } from "./wall-clock.ts";

/** Clocks that play back pairs of (before, wall, after). */
function script(readings: readonly (readonly [bigint, bigint, bigint])[]) {
  const events = readings.flatMap(([before, , after]) => [before, after]);
  const wall = readings.map(([, now]) => now);
  const next = (from: bigint[]): bigint => from.shift() ?? assert.fail("a reading too many");
  return { eventNs: () => next(events), realtimeNs: () => next(wall) };
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

/** A machine's clocks, as the kernel has them: CLOCK_MONOTONIC stands still while it is suspended. */
class Machine {
  readonly #clocks = new Map([
    [CLOCK_MONOTONIC, 10_000n],
    [CLOCK_BOOTTIME, 10_000n],
    [CLOCK_REALTIME, 1_700_000_000_000_000_000n],
  ]);

  clockGettimeNs(clock: number): bigint {
    return this.#clocks.get(clock) ?? assert.fail(`clock ${clock}`);
  }

  /** What a program stamps now, and the wall time that it ought to be shown with. */
  stamp(): { readonly ktimeNs: bigint; readonly wallNs: bigint } {
    return { ktimeNs: this.clockGettimeNs(EVENT_CLOCK), wallNs: this.clockGettimeNs(CLOCK_REALTIME) };
  }

  #add(ns: bigint, ...clocks: number[]): void {
    for (const clock of clocks) this.#clocks.set(clock, this.clockGettimeNs(clock) + ns);
  }

  run(ns: bigint): void {
    this.#add(ns, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME);
  }

  suspend(ns: bigint): void {
    this.#add(ns, CLOCK_BOOTTIME, CLOCK_REALTIME);
  }
}

test("WallClock gives a record that waited across a suspend the time at which it was stamped", () => {
  const machine = new Machine();
  const clock = WallClock.of(machine);
  const stamps = [machine.stamp()];
  for (const hours of [1n, 8n, 700n]) {
    machine.run(5_000_000n);
    stamps.push(machine.stamp());
    machine.suspend(hours * 3_600_000_000_000n);
    stamps.push(machine.stamp());
    clock.refresh();
    for (const { ktimeNs, wallNs } of stamps) assert.equal(clock.toWallNs(ktimeNs), wallNs);
  }
});

test("WallClock with the kernel's clocks agrees with Date", () => {
  const clock = WallClock.of(libcSyscalls);
  const before = Date.now();
  const shown = clock.toWallNs(libcSyscalls.clockGettimeNs(EVENT_CLOCK));
  // Date has whole milliseconds, and both clocks may be slewed against each other by half a millisecond in a
  // second.
  assert.ok(
    shown >= BigInt(before - 1) * 1_000_000n && shown <= BigInt(Date.now() + 2) * 1_000_000n,
    String(shown),
  );
});
