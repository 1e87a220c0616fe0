import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BtfWriter } from "../../tools/btf-writer.ts";
import { DecodeError, UsageError } from "../errors.ts";
import { Btf } from "./btf.ts";
import { enumValues, findEnum } from "./enums.ts";
import { openBtfOfFile, openKernelBtf, openModuleBtf } from "./open.ts";
import { members, sizeOf } from "./queries.ts";

const FIXTURES = fileURLToPath(new URL("../../../test/fixtures/btf/", import.meta.url));

/** A struct with a u32, and an enum. */
function small(): BtfWriter {
  const writer = new BtfWriter();
  const u32 = writer.add({ kind: "int", name: "u32", sizeBytes: 4 });
  writer.add({
    kind: "struct",
    name: "pair",
    sizeBytes: 8,
    members: [
      { name: "a", typeId: u32, offsetBits: 0 },
      { name: "b", typeId: u32, offsetBits: 32 },
    ],
  });
  writer.add({
    kind: "enum",
    name: "colour",
    sizeBytes: 4,
    signed: true,
    values: [
      ["RED", -1],
      ["BLUE", 7],
    ],
  });
  return writer;
}

describe("Btf.parse", () => {
  for (const littleEndian of [true, false]) {
    test(`reads ${littleEndian ? "little" : "big"}-endian bytes`, () => {
      const btf = Btf.parse(small().bytes(littleEndian));
      const pair = btf.find("pair", "struct");
      assert.deepEqual(pair, {
        id: 2,
        kind: "struct",
        name: "pair",
        sizeBytes: 8,
        typeId: undefined,
        vlen: 2,
        kindFlag: false,
      });
      assert.deepEqual(
        members(btf, 2).map((member) => [member.name, member.offsetBits]),
        [
          ["a", 0],
          ["b", 32],
        ],
      );
      assert.deepEqual(
        [...enumValues(btf, 3)],
        [
          ["RED", -1],
          ["BLUE", 7],
        ],
      );
      assert.equal(btf.typeCount, 4);
    });
  }

  test("reads bytes that are not aligned, and leaves them as they are", () => {
    for (const littleEndian of [true, false]) {
      const bytes = small().bytes(littleEndian);
      const shifted = Buffer.concat([Buffer.alloc(1), bytes]);
      assert.equal(Btf.parse(shifted.subarray(1)).find("pair", "struct")?.sizeBytes, 8);
      assert.deepEqual(Buffer.from(bytes), shifted.subarray(1));
    }
  });

  test("accepts a header that a later kernel made longer", () => {
    const bytes = small().bytes(true);
    const longer = Buffer.concat([bytes.subarray(0, 24), Buffer.alloc(8), bytes.subarray(24)]);
    longer[4] = 32;
    assert.equal(Btf.parse(longer).find("pair", "struct")?.sizeBytes, 8);
  });

  const damages: readonly (readonly [
    what: string,
    damage: (bytes: Buffer) => Uint8Array,
    message: RegExp,
  ])[] = [
    ["no bytes", () => new Uint8Array(), /btf_header at byte 0/],
    ["another magic number", (bytes) => bytes.fill(0, 0, 1), /magic/],
    ["another version", (bytes) => bytes.fill(9, 2, 3), /version 9/],
    ["a header shorter than any", (bytes) => bytes.fill(8, 4, 5), /header of 8 bytes/],
    ["types that end after the bytes", (bytes) => bytes.fill(0xff, 12, 15), /overlap/],
    ["types that are no whole words", (bytes) => bytes.fill(bytes.readUInt8(12) - 1, 12, 13), /whole number/],
    ["strings that end after the bytes", (bytes) => bytes.fill(0xff, 20, 23), /needed/],
    ["sections that overlap", (bytes) => bytes.fill(0, 16, 17), /overlap/],
    ["a last string without an end", (bytes) => bytes.fill(0x61, bytes.length - 1), /not terminated/],
    ["an unknown kind", (bytes) => bytes.fill(31, 31, 32), /kind 31/],
    ["a kind of 0", (bytes) => bytes.fill(0, 31, 32), /kind 0/],
    [
      "more members than there are bytes",
      (bytes) => bytes.fill(0xff, 24 + 16 + 4, 24 + 16 + 6),
      /ends inside/,
    ],
  ];
  for (const [what, damage, message] of damages) {
    test(`throws a DecodeError for ${what}`, () => {
      const bytes = Buffer.from(small().bytes(true));
      assert.throws(
        () => Btf.parse(damage(bytes)),
        (error) => error instanceof DecodeError && message.test(error.message),
      );
    });
  }

  test("throws a DecodeError for every prefix of real bytes", () => {
    const bytes = readFileSync(`${FIXTURES}tiny.btf`);
    for (let length = 0; length < bytes.length; length += 1)
      assert.throws(() => Btf.parse(bytes.subarray(0, length)), DecodeError);
  });
});

describe("Btf.find", () => {
  test("distinguishes kinds of the same name", () => {
    const writer = new BtfWriter();
    writer.add({ kind: "fwd", name: "sock" });
    writer.add({ kind: "struct", name: "sock", sizeBytes: 4, members: [] });
    writer.add({ kind: "typedef", name: "sock", typeId: 2 });
    const btf = Btf.parse(writer.bytes());
    assert.equal(btf.find("sock", "struct")?.id, 2);
    assert.equal(btf.find("sock", ["union", "typedef"])?.id, 3);
    assert.equal(btf.find("sock", ["typedef", "fwd"])?.id, 1);
    assert.equal(btf.find("sock", "union"), undefined);
  });

  test("finds names at the start, in the middle and at the end of the strings, and no parts of names", () => {
    const btf = Btf.parse(small().bytes());
    assert.equal(btf.find("u32", "int")?.id, 1);
    assert.equal(btf.find("colour", "enum")?.id, 3);
    for (const name of ["", "air", "pai", "colour\0RED", "RED\0BLUE", "b"])
      assert.equal(btf.find(name, ["struct", "int", "enum"]), undefined, name);
  });

  test("looks wherever a name stands", () => {
    // Strings that nobody made unique: "x" twice, the struct has the second.
    const writer = new BtfWriter();
    writer.add({ kind: "fwd", name: "x" });
    writer.add({ kind: "struct", name: "y", sizeBytes: 12, members: [] });
    const bytes = Buffer.from(writer.bytes());
    bytes.write("x", bytes.lastIndexOf("y"));
    assert.equal(Btf.parse(bytes).find("x", "struct")?.sizeBytes, 12);
  });
});

describe("split BTF", () => {
  test("continues ids and strings of its base", () => {
    const base = small();
    const baseBtf = Btf.parse(base.bytes());
    const module = new BtfWriter({ typeCount: baseBtf.typeCount, stringBytes: base.stringBytes() });
    const own = module.add({
      kind: "struct",
      name: "wide",
      sizeBytes: 16,
      members: [{ name: "both", typeId: 2, offsetBits: 64 }],
    });
    module.add({ kind: "enum", name: "shade", sizeBytes: 4, values: [["DARK", 3]] });
    const btf = Btf.parse(module.bytes(), baseBtf);
    assert.equal(own, 4);
    assert.equal(btf.find("wide", "struct")?.id, 4);
    assert.equal(btf.find("pair", "struct")?.id, 2, "types of the base are found through the module");
    assert.equal(sizeOf(btf, members(btf, own)[0]?.typeId ?? 0), 8);
    assert.deepEqual([...(findEnum(btf, "shade") ?? [])], [["DARK", 3]]);
    assert.equal(baseBtf.find("wide", "struct"), undefined);
    assert.equal(btf.typeCount, 6);
  });
});

describe("openBtfOfFile", () => {
  const fixture = (release: string): string =>
    fileURLToPath(new URL(`../../../test/fixtures/btf/${release}.btf`, import.meta.url));

  test("takes a file where the kernel has no BTF to compare with, or the same", () => {
    assert.equal(openBtfOfFile(fixture("6.12"), "/nonexistent/btf").find("iphdr", "struct")?.sizeBytes, 20);
    assert.equal(openBtfOfFile(fixture("6.12"), fixture("6.12")).find("iphdr", "struct")?.sizeBytes, 20);
  });

  test("refuses another kernel's", () => {
    assert.throws(
      () => openBtfOfFile(fixture("6.12"), fixture("6.1")),
      (error) =>
        error instanceof UsageError &&
        /is not this kernel's/.test(error.message) &&
        /--btf/.test(error.hint ?? ""),
    );
  });
});

describe("openKernelBtf", () => {
  for (const [what, path, why] of [
    ["is not there", "/nonexistent/btf", /ENOENT/],
    ["holds no BTF", fileURLToPath(import.meta.url), /magic number/],
    ["is empty", "/dev/null", /2 bytes needed/],
  ] as const)
    test(`a file that ${what} is named, and what it should hold`, () => {
      assert.throws(
        () => openKernelBtf(path),
        (error) =>
          error instanceof UsageError &&
          error.message.includes(path) &&
          why.test(error.message) &&
          /sys.kernel.btf/.test(error.hint ?? ""),
      );
    });

  test("reads the running kernel's", () => {
    const btf = openKernelBtf();
    assert.equal(btf.find("iphdr", "struct")?.sizeBytes, 20);
    assert.equal(openModuleBtf("no_such_module", btf), undefined);
  });
});
