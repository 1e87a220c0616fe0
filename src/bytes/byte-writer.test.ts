import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteWriter, encoded } from "./byte-writer.ts";

const ascii = fc.string({ unit: "binary-ascii", maxLength: 100 });
const edges = [10, 100, 1000, 10_000, 100_000, 1e8, 1e9, 1e12, 2 ** 31, 2 ** 32, 2 ** 53].flatMap((edge) => [
  edge - 1,
  edge,
  edge + 1,
]);
const integer = fc.oneof(
  fc.nat({ max: 9999 }),
  fc.nat({ max: 0xffff_ffff }),
  fc.maxSafeNat(),
  fc.constantFrom(...edges.filter(Number.isSafeInteger)),
);

/** As UTF-8 has it: half a surrogate pair is no character. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

test("ByteWriter writes what it is given, one behind the other, however little room it began with", () => {
  const step = fc.oneof(
    ascii.map((text) => ({ write: (out: ByteWriter) => out.append(encoded(text)), text })),
    fc
      .string({ unit: "binary", maxLength: 20 })
      .map((text) => ({ write: (out: ByteWriter) => out.append(encoded(text)), text: wellFormed(text) })),
    fc
      .string({ unit: "binary", maxLength: 20 })
      .map((text) => ({ write: (out: ByteWriter) => out.text(text), text: wellFormed(text) })),
    ascii.map((text) => ({ write: (out: ByteWriter) => out.ascii(text), text })),
    integer.map((value) => ({ write: (out: ByteWriter) => out.number(value), text: String(value) })),
    fc.nat({ max: 9999 }).map((value) => ({
      write: (out: ByteWriter) => out.digits(value, 4),
      text: String(value).padStart(4, "0"),
    })),
    fc.nat({ max: 40 }).map((count) => ({
      write: (out: ByteWriter) => out.padTo(out.length + count),
      text: " ".repeat(count),
    })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.nat({ max: 64 }), (steps, capacity) => {
      const out = new ByteWriter(capacity);
      for (const { write } of steps) write(out);
      const expected = steps.map(({ text }) => text).join("");
      assert.equal(out.toString(), expected);
      assert.equal(out.length, Buffer.byteLength(expected));
      assert.deepEqual(out.written, Buffer.from(expected));
    }),
    { numRuns: 2000 },
  );
});

test("ByteWriter.number writes integers as String does", () => {
  const out = new ByteWriter(16);
  const written = (value: number): string => {
    out.cutAt(0);
    out.number(value);
    return out.toString();
  };
  for (let value = 0; value <= 10_001; value += 1) assert.equal(written(value), String(value));
  fc.assert(
    fc.property(integer, (value) => assert.equal(written(value), String(value))),
    { numRuns: 20_000 },
  );
});

test("ByteWriter.digits cuts no digit that is wanted", () => {
  for (const [value, width, text] of [
    [0, 1, "0"],
    [7, 2, "07"],
    [42, 3, "042"],
    [999, 3, "999"],
  ] as const) {
    const out = new ByteWriter(0);
    out.digits(value, width);
    assert.equal(out.toString(), text);
  }
});

test("ByteWriter.trimEnd takes spaces off the end alone, and none before `start`", () => {
  const out = new ByteWriter(16);
  out.text("a  b ");
  const start = out.length;
  out.padTo(start + 5);
  out.trimEnd(start);
  assert.equal(out.toString(), "a  b ");
  out.trimEnd(0);
  assert.equal(out.toString(), "a  b");
});

test("ByteWriter.encodedFrom keeps what was written there, whatever is written later", () => {
  fc.assert(
    fc.property(ascii, ascii, (before, text) => {
      const out = new ByteWriter(8);
      out.text(before);
      const start = out.length;
      out.text(text);
      const kept = out.encodedFrom(start);
      out.cutAt(0);
      out.text("x".repeat(200));
      out.cutAt(0);
      out.append(kept);
      assert.equal(out.toString(), text);
    }),
  );
});
