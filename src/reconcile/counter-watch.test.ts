import assert from "node:assert/strict";
import { test } from "node:test";
import { dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import { CounterWatch } from "./counter-watch.ts";

const MS = 1_000_000n;
const drop = (ktimeNs: bigint, netns = 7) =>
  dropWith(fullDrop, { reason: "TCP_CSUM", reasonSubsystem: "CORE", ktimeNs, netns });

test("CounterWatch counts drops between two readings, and reports those too close to one", () => {
  let nowNs = 10n * MS;
  let value = 0n;
  const watch = new CounterWatch({
    netns: 7,
    nowNs: () => nowNs,
    // Each reading takes 2 ms.
    read: () => {
      nowNs += 2n * MS;
      return new Map([["TcpInErrs", value]]);
    },
    sites: () => [],
    kernelReasons: undefined,
  });
  watch.observe(drop(9n * MS));
  watch.observe(drop(11n * MS));
  watch.observe(drop(20n * MS));
  watch.observe(drop(20n * MS, 8));
  nowNs = 30n * MS;
  value = 2n;
  watch.close();
  watch.observe(drop(31n * MS));
  watch.observe(drop(40n * MS));
  const { rows, uncertain, netns } = watch.result([{ count: 6 }]);
  assert.deepEqual(
    [netns, uncertain, rows.map(({ rise, explained }) => [rise, explained])],
    [7, 2, [[2, 2]]],
  );
});

test("CounterWatch explains a difference by a drop just at a reading", () => {
  let nowNs = 10n * MS;
  let value = 0n;
  const watch = new CounterWatch({
    netns: 7,
    nowNs: () => nowNs,
    read: () => {
      nowNs += 2n * MS;
      return new Map([["TcpInErrs", value]]);
    },
    sites: () => [],
    kernelReasons: undefined,
  });
  watch.observe(drop(11n * MS));
  watch.observe(drop(20n * MS));
  // The drop during the first reading was counted after it.
  value = 2n;
  nowNs = 30n * MS;
  watch.close();
  const { rows, spanNs } = watch.result([]);
  assert.deepEqual(
    rows.map(({ difference, uncertain, why }) => [difference, uncertain, why]),
    [[1, 1, undefined]],
  );
  assert.equal(spanNs, 18n * MS);
});

test("CounterWatch counts refused SYNs once, by the totals of the run", () => {
  let listenDrops = 0n;
  const watch = new CounterWatch({
    netns: 7,
    nowNs: () => 0n,
    read: () => new Map([["TcpExtListenDrops", listenDrops]]),
    sites: () => [],
    kernelReasons: undefined,
  });
  listenDrops = 5n;
  watch.close();
  const refused = { count: 5, atMost: true, problem: undefined } as const;
  const byCause = { ACCEPT_QUEUE_FULL: 4, LISTEN_DROP: 1 };
  const { rows } = watch.result([], { ...refused, byCause, causesAtMost: ["ACCEPT_QUEUE_FULL"] });
  assert.deepEqual(
    rows.map(({ counter, rise, explained }) => [counter, rise, explained]),
    [["TcpExtListenDrops", 5, 5]],
  );
});
