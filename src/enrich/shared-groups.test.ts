/** What events of drops have in common is one frozen object. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ADDRESS_SOURCE, DIRECTION } from "../capture/core/facts.ts";
import { HOOK } from "../capture/core/record-head.ts";
import { FRAMES, FULL, text } from "./full-record.test.kit.ts";
import { naming, Records, type RecordValues } from "./records.test.kit.ts";

describe("events share their groups", () => {
  const GROUPS = ["flow", "site", "device", "socket", "task", "stack", "detail"] as const;

  test("those with equal values have the same frozen objects", () => {
    const records = new Records(naming(undefined));
    const first = records.make(FULL, FRAMES);
    const second = records.make({ ...FULL, seq: 9, ktimeNs: 5n }, FRAMES, 512);
    for (const group of GROUPS) {
      assert.equal(second[group], first[group], group);
      assert.ok(Object.isFrozen(first[group]), group);
    }
    assert.notEqual(first.packet, second.packet);
  });

  /** By group: values of a record that make another. */
  const OTHERS: Readonly<Record<Exclude<(typeof GROUPS)[number], "stack" | "detail">, RecordValues[]>> = {
    flow: [
      { saddr: Uint8Array.of(192, 0, 2, 2) },
      { daddr: Uint8Array.of(192, 0, 2, 2) },
      { sport: 1 },
      { dport: 1 },
      { ipVersion: 6 },
      { direction: DIRECTION.tx },
      { addressSource: ADDRESS_SOURCE.packet },
      { hasPorts: 0 },
    ],
    site: [{ location: 5n }, { location: 0x1_8123_4567n }, { reason: 1 }, { hook: HOOK.kfree_skb }],
    device: [
      { netnsInum: 1 },
      { ifindex: 1 },
      { ifname: text("eth1") },
      // What is sent leaves by it.
      { direction: DIRECTION.tx },
    ],
    socket: [{ state: 2 }, { cookie: 78n }, { cookie: 0x1_0000_004dn }],
    task: [{ cpu: 4 }, { tid: 1 }, { tgid: 1 }, { comm: text("other") }],
  };
  for (const [group, others] of Object.entries(OTHERS) as [keyof typeof OTHERS, RecordValues[]][])
    test(`a ${group} that differs in anything is another`, () => {
      const records = new Records(naming(undefined));
      const first = records.make(FULL, FRAMES)[group];
      for (const values of others)
        assert.notDeepEqual(
          records.make({ ...FULL, ...values }, FRAMES)[group],
          first,
          Object.keys(values).join(),
        );
      assert.deepEqual(records.make(FULL, FRAMES)[group], first);
    });

  test("what was made stays when the ring is written again", () => {
    const records = new Records(naming(undefined));
    const first = records.make(FULL, FRAMES);
    const copy = structuredClone(first);
    records.make({ ...FULL, saddr: Uint8Array.of(1, 2, 3, 4), ifname: text("x"), comm: text("y") }, [3n]);
    assert.deepEqual(first, copy);
  });
});
