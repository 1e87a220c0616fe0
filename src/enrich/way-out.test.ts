/** Records to events: the interface that a packet was to leave by. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DIRECTION } from "../capture/core/facts.ts";
import { transitDevice } from "../capture/core/transit.ts";
import { DecodeError } from "../errors.ts";
import type { DropEvent } from "../model/index.ts";
import { FRAMES, FULL, text } from "./full-record.test.kit.ts";
import { naming, Records } from "./records.test.kit.ts";

describe("the interface that a packet was to leave by", () => {
  const out = (name: string, mtu: number, ifindex = 9) => ({
    transit: transitDevice.encode({ ifname: text(name), ifindex, mtu }),
  });
  const FORWARDED = { ...FULL, direction: DIRECTION.forwarded };
  const outOf = ({ device }: DropEvent) => [
    device?.ifname,
    device?.outIfindex,
    device?.outIfname,
    device?.mtu,
  ];

  test("is that of the record, of what is forwarded", () => {
    const records = new Records(naming(undefined));
    const made = records.make(FORWARDED, FRAMES, 0, out("eth1", 1300));
    assert.deepEqual(outOf(made), ["eth0", 9, "eth1", 1300]);
    assert.equal(made.flow.direction, "forwarded");
    assert.deepEqual(outOf(records.make(FORWARDED, [], 512, out("eth1", 0))), ["eth0", 9, "eth1", undefined]);
    assert.deepEqual(outOf(records.make(FORWARDED, FRAMES)), ["eth0", undefined, undefined, undefined]);
  });

  test("is nothing of what is received, and the first one again of what is sent", () => {
    const records = new Records(naming(undefined));
    const outs = [DIRECTION.rx, DIRECTION.unknown, DIRECTION.tx].map((direction) =>
      outOf(records.make({ ...FULL, direction, dstInput: 0n }, FRAMES, 0, out("eth1", 1300))),
    );
    assert.deepEqual(outs, [
      ["eth0", undefined, undefined, undefined],
      ["eth0", undefined, undefined, undefined],
      ["eth0", 4, "eth0", undefined],
    ]);
  });

  test("is one object with the first, for the same two", () => {
    const records = new Records(naming(undefined));
    const first = records.make(FORWARDED, FRAMES, 0, out("eth1", 1300)).device;
    assert.equal(records.make(FORWARDED, [], 512, out("eth1", 1300)).device, first);
    for (const other of [out("eth2", 1300), out("eth1", 1301), out("eth1", 1300, 8)])
      assert.notDeepEqual(records.make(FORWARDED, FRAMES, 0, other).device, first);
    assert.ok(Object.isFrozen(first));
  });

  test("of another length is a DecodeError", () => {
    const records = new Records(naming(undefined));
    assert.throws(() => records.make(FORWARDED, [], 0, { transit: new Uint8Array(16) }), DecodeError);
  });
});
