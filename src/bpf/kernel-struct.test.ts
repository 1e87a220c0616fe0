import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BtfWriter } from "../../tools/btf-writer.ts";
import { Btf } from "../btf/index.ts";
import { HOST_LITTLE_ENDIAN } from "../bytes/endian.ts";
import { BuildError, UnsupportedError } from "../errors.ts";
import type { Expression } from "./expression.ts";
import { array, embedded, KernelTypes, kernelStruct, optional, pointer, scalar } from "./kernel-struct.ts";

/**
 * struct outer { u32 a; struct { u16 b; u8 c1:3, c2:5; }; struct inner in; struct inner *p; u8 name[16]; u32
 * wide:12; }, and typedefs.
 */
function layout(): KernelTypes {
  const writer = new BtfWriter();
  const u8 = writer.add({ kind: "int", name: "u8", sizeBytes: 1 });
  const u16 = writer.add({ kind: "int", name: "u16", sizeBytes: 2 });
  const u32 = writer.add({ kind: "int", name: "u32", sizeBytes: 4 });
  const inner = writer.add({
    kind: "struct",
    name: "inner",
    sizeBytes: 8,
    members: [{ name: "x", typeId: u32, offsetBits: 32 }],
  });
  const anonymous = writer.add({
    kind: "struct",
    sizeBytes: 4,
    members: [
      { name: "b", typeId: u16, offsetBits: 0 },
      { name: "c1", typeId: u8, offsetBits: 16, bitSize: 3 },
      { name: "c2", typeId: u8, offsetBits: 19, bitSize: 5 },
    ],
  });
  const toInner = writer.add({ kind: "ptr", typeId: inner });
  const name = writer.add({ kind: "array", elementId: u8, length: 16 });
  const outer = writer.add({
    kind: "struct",
    name: "outer",
    sizeBytes: 48,
    members: [
      { name: "a", typeId: u32, offsetBits: 0 },
      { typeId: anonymous, offsetBits: 32 },
      { name: "in", typeId: inner, offsetBits: 64 },
      { name: "p", typeId: toInner, offsetBits: 128 },
      { name: "name", typeId: name, offsetBits: 192 },
      { name: "wide", typeId: u32, offsetBits: 321, bitSize: 12 },
    ],
  });
  writer.add({ kind: "typedef", name: "outer_t", typeId: outer });
  return new KernelTypes(Btf.parse(writer.bytes()));
}

const inner = kernelStruct("inner", { x: scalar });
const outer = kernelStruct("outer", {
  a: scalar,
  b: scalar,
  c1: scalar,
  c2: scalar,
  in: embedded(() => inner),
  p: pointer(() => inner),
  name: array,
  wide: scalar,
  gone: optional(scalar),
  missing: scalar,
});
const base: Expression = { kind: "register", register: 6 };
const load = (offset: number, size: 1 | 2 | 4 | 8, comment: string, of: Expression = base): Expression => ({
  kind: "load",
  base: of,
  offset,
  size,
  comment,
});

describe("KernelTypes", () => {
  test("loads scalars at BTF's offsets, in anonymous and embedded structs and behind pointers", () => {
    const view = layout().point(outer, base, "direct");
    assert.deepEqual(view.a.expression, load(0, 4, "outer.a"));
    assert.deepEqual(view.b.expression, load(4, 2, "outer.b"));
    assert.deepEqual(view.in.x.expression, load(12, 4, "inner.x"));
    assert.deepEqual(view.p.x.expression, load(4, 4, "inner.x", load(16, 8, "outer.p")));
    assert.deepEqual(view.name.load(8, 8).expression, load(32, 8, "outer.name"));
    assert.equal(view.name.size, 16);
    assert.equal(view.b.bits, 16);
    assert.deepEqual(view.address.expression, base);
  });

  test("cuts bit-fields out of their byte", {
    skip: HOST_LITTLE_ENDIAN ? false : "bits count from the other end",
  }, () => {
    const { expression } = layout().point(outer, base, "direct").c2;
    const shifted: Expression = {
      kind: "binary",
      op: "rsh",
      left: load(6, 1, "outer.c2"),
      right: { kind: "constant", value: 3n },
    };
    assert.deepEqual(expression, {
      kind: "binary",
      op: "and",
      left: shifted,
      right: { kind: "constant", value: 31n },
    });
  });

  test("with access by helper, loads become probes", () => {
    assert.equal(layout().point(outer, base, "probe").a.expression.kind, "probe");
  });

  test("a field that is optional is undefined where the kernel lacks it", () => {
    assert.equal(layout().point(outer, base, "direct").gone, undefined);
  });

  test("a field or struct that the kernel lacks is an UnsupportedError that names it", () => {
    const kernel = layout();
    assert.throws(
      () => kernel.point(outer, base, "direct").missing,
      (error) => error instanceof UnsupportedError && error.feature === "outer.missing",
    );
    assert.throws(
      () => kernel.sizeOf("no_such_struct"),
      new UnsupportedError("This kernel's BTF has no struct no_such_struct", "no_such_struct"),
    );
  });

  test("what is not a scalar, and a bit-field over two bytes, is a BuildError", () => {
    const kernel = layout();
    assert.throws(
      () => kernel.point(outer, base, "direct").wide,
      new BuildError("The bit-field outer.wide crosses a byte boundary"),
    );
    assert.throws(
      () => kernel.point(kernelStruct("outer", { name: scalar }), base, "direct").name,
      new BuildError("outer.name has 16 bytes: it is not a scalar"),
    );
  });

  test("gives sizes and offsets, through typedefs too", () => {
    const kernel = layout();
    assert.deepEqual(
      [
        kernel.sizeOf("outer_t"),
        kernel.offsetOf("outer_t", "b"),
        kernel.has("outer", "c1"),
        kernel.has("outer", "nothing"),
      ],
      [48, 4, true, false],
    );
  });
});
