/** Records of several kinds in one ring. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { encodeRecord, part } from "../capture/core/encode-record.test.kit.ts";
import { DIRECTION } from "../capture/core/facts.ts";
import { HOOK, KIND } from "../capture/core/record-head.ts";
import { recordLayout } from "../capture/core/record-layout.ts";
import { HEAD } from "../capture/core/record-reader.ts";
import { device } from "../capture/sections/device/device.ts";
import { flow } from "../capture/sections/flow/flow.ts";
import { LISTENER } from "../capture/sections/listener/listener.ts";
import { site } from "../capture/sections/site/site.ts";
import { socket } from "../capture/sections/socket/socket.ts";
import { FULL } from "../enrich/full-record.test.kit.ts";
import { LAYOUT, naming, record } from "../enrich/records.test.kit.ts";
import type { Event } from "../model/index.ts";
import { LiveRecords } from "./live-records.ts";

const listener = { ...LISTENER, write: () => undefined };
const REFUSED = recordLayout<never>(KIND.refused, [site, flow, socket, device, listener]);

function refusedRecord(cause = 0): Uint8Array {
  return encodeRecord(REFUSED, { hook: HOOK.tcp_conn_request, ktimeNs: 5n }, [
    part(site, { reason: cause }),
    part(flow, { ipVersion: 4, direction: DIRECTION.rx, hasPorts: 1 }),
    part(socket, { state: 10 }),
    part(device, {}),
    part(listener, { ackBacklog: 3, maxAckBacklog: 2 }),
  ]);
}

/** The records one after the other, read. */
class Ring {
  readonly data = new Uint8Array(8192);
  readonly records: LiveRecords;
  readonly offsets: number[] = [];
  readonly #lengths: number[] = [];

  constructor(layouts: ConstructorParameters<typeof LiveRecords>[1], written: readonly Uint8Array[]) {
    let offset = 0;
    for (const bytes of written) {
      this.data.set(bytes, offset);
      this.offsets.push(offset);
      this.#lengths.push(bytes.length);
      offset += Math.ceil(bytes.length / 8) * 8;
    }
    this.records = new LiveRecords(this.data, layouts, naming(undefined));
  }

  read(): readonly (Event | undefined)[] {
    return this.offsets.map((offset, at) => this.records.read(offset, this.#lengths[at] ?? 0));
  }
}

const BOTH = { drop: LAYOUT, refused: REFUSED };

describe("LiveRecords", () => {
  test("makes the event of each record's kind, in their order, and numbers them upwards", () => {
    const ring = new Ring(BOTH, [record(FULL), refusedRecord(), record(FULL)]);
    const { records } = ring;
    const events = ring.read();
    assert.deepEqual(
      events.map((event) => event?.kind),
      ["drop", "refused", "drop"],
    );
    const ids = [...events.map((event) => event?.id ?? 0), records.nextId()];
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual([records.events("drop"), records.events("refused")], [2, 1]);
    assert.deepEqual([records.undecodable("drop"), records.undecodable("refused")], [0, 0]);
  });

  test("counts what cannot be decoded by its kind, and what is of none with the drops", () => {
    const noKind = record(FULL);
    noKind[HEAD.kind] = 200;
    const ring = new Ring(BOTH, [record({ ...FULL, ipVersion: 5 }), refusedRecord(99), noKind]);
    assert.deepEqual(ring.read(), [undefined, undefined, undefined]);
    const { records } = ring;
    assert.deepEqual([records.undecodable("drop"), records.undecodable("refused")], [2, 1]);
    assert.deepEqual([records.events("drop"), records.events("refused")], [0, 0]);
    assert.deepEqual(
      ring.offsets.map((offset) => records.kindAt(offset)),
      ["drop", "refused", undefined],
    );
  });

  test("knows no kind that has no layout in this trace", () => {
    const ring = new Ring({ drop: LAYOUT }, [refusedRecord()]);
    assert.deepEqual(ring.read(), [undefined]);
    assert.deepEqual([ring.records.undecodable("drop"), ring.records.events("refused")], [1, 0]);
  });
});
