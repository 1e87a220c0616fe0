/** What a program that writes records is built of: each section once, and mistakes found while building. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Builder, type MapSpec, Scalar } from "../../bpf/index.ts";
import { struct, u16, u32 } from "../../bytes/struct.ts";
import { BuildError } from "../../errors.ts";
import { recordLayout } from "./record-layout.ts";
import { RecordWriter, recordRoom } from "./record-writer.ts";
import type { Part, Section } from "./section.ts";

const ring: MapSpec = { name: "ring", kind: "ring-buffer", keySize: 0, valueSize: 0, maxEntries: 4096 };
const layout = struct("value", 4, { value: u32(0) });
type Fields = typeof layout.fields;

/** A section that says when it is written. */
function section(name: string, written: string[], more: Partial<Section<object, Fields>> = {}) {
  return {
    name,
    layout,
    write: (_event: object, { memory }: Part<Fields>) => {
      written.push(name);
      memory.set("value", written.length);
    },
    ...more,
  } satisfies Section<object, Fields>;
}

function writerOf(sections: readonly ReturnType<typeof section>[]) {
  const b = new Builder();
  const address = b.pin(b.lookupIndex({ ...ring, kind: "percpu-array" }, 0), "memory");
  b.leaveIf(address.isZero());
  return { b, record: new RecordWriter<object>(b, recordLayout(1, sections), { address, offset: 64 }) };
}

describe("RecordWriter", () => {
  test("writes a section where it is demanded first, and the others when the record is completed", () => {
    const written: string[] = [];
    const [one, two, three] = ["one", "two", "three"].map((name) => section(name, written));
    assert(one !== undefined && two !== undefined && three !== undefined);
    const { record } = writerOf([one, two, three]);
    const memory = record.demand(two, {});
    assert.deepEqual(written, ["two"]);
    assert.equal(record.demand(two, {}), memory);
    record.complete({});
    record.complete({});
    assert.deepEqual(written, ["two", "one", "three"]);
  });

  test("refuses a section that these records do not have", () => {
    const { record } = writerOf([section("one", [])]);
    assert.throws(() => record.demand(section("other", []), {}), /no section other/);
  });

  test("demands what may be missing, and refuses a tail before that of an earlier section", () => {
    const written: string[] = [];
    const tail = { mostBytes: 8, lengthField: "value" } as const;
    const [one, two] = [section("one", written, { tail }), section("two", written, { tail })];
    const { record } = writerOf([one, two]);
    record.demandIfAny({ name: "other" }, {});
    assert.throws(() => record.demandIfAny({ name: "two" }, {}), /tail of two .* before that of one/);
    const inOrder = writerOf([one, two]).record;
    inOrder.demandIfAny({ name: "one" }, {});
    inOrder.complete({});
    assert.deepEqual(written, ["one", "two"]);
  });

  test("refuses a mark before the head, and of a section that is always there", () => {
    const marking = (optional: boolean): ReturnType<typeof section> =>
      section("marking", [], {
        ...(optional ? { optional: true } : {}),
        write: (_event, { markPresent }) => markPresent(),
      });
    const early = writerOf([marking(true)]);
    assert.throws(() => early.record.complete({}), BuildError);
    const always = writerOf([marking(false)]);
    always.record.begin(0, Scalar.constant(1));
    assert.throws(() => always.record.complete({}), BuildError);
    const fine = writerOf([marking(true)]);
    fine.record.begin(0, Scalar.constant(1));
    fine.record.complete({});
  });

  test("refuses a tail of a section that has declared none", () => {
    const { record } = writerOf([
      section("tailed", [], { write: (_event, { endTail }) => endTail(Scalar.constant(8)) }),
    ]);
    assert.throws(() => record.complete({}), /The section tailed has no tail/);
  });

  test("sends a constant number of bytes without tails, and a bounded one with them", () => {
    const tail = struct("tail", 2, { bytes: u16(0) });
    const constant = writerOf([section("one", [])]);
    constant.record.begin(0, Scalar.constant(1));
    constant.record.complete({});
    constant.record.send(ring);
    const listed = constant.b.finish().instructions.map(({ comment }) => comment);
    assert.equal(listed.filter((comment) => comment === "ringbuf_output").length, 1);
    assert.ok(!listed.some((comment) => comment?.startsWith("draft.")));
    const withTail = recordLayout<object>(1, [
      {
        name: "tail",
        layout: tail,
        tail: { mostBytes: 100, lengthField: "bytes" },
        write: () => undefined,
      },
    ]);
    // The head, the length padded to 8, as much as a mask of 7 bits lets through, and the draft.
    assert.equal(recordRoom(withTail), 8 + 24 + 8 + 128);
  });
});
