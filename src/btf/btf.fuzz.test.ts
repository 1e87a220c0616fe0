/**
 * Hostile BTF: nothing but a DecodeError may come out, and soon.
 *
 * FUZZ_RUNS sets how many inputs there are in all; a million take about six minutes.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { BtfWriter, type NewMember, type NewType } from "../../tools/btf-writer.ts";
import { wordBytes } from "../bytes/words.ts";
import { DecodeError } from "../errors.ts";
import { Btf } from "./btf.ts";
import { enumValues, findEnum } from "./enums.ts";
import { parameters, returnType } from "./prototypes.ts";
import * as queries from "./queries.ts";

const RUNS = Math.ceil(Number(process.env["FUZZ_RUNS"] ?? 20_000) / 3);
/** Far more than the worst input needs on a busy machine: a hang, not a slow run, fails. */
const MAX_MS = 5_000;
/** Types of one input that are asked about: all of the fixtures'. */
const MAX_ASKED = 64;

const QUESTIONS: readonly ((btf: Btf, id: number) => unknown)[] = [
  (btf, id) => btf.type(id),
  queries.resolve,
  queries.members,
  queries.flattened,
  (btf, id) => queries.findMember(btf, id, "daddr"),
  queries.sizeOf,
  queries.arrayLength,
  queries.isSigned,
  queries.pointee,
  enumValues,
  parameters,
  returnType,
  (btf, id) => btf.trailing(id),
];
const NAMES = ["iphdr", "tcphdr", "a", "b", "possible_net_t", ""] as const;

/** True if it is a DecodeError, false if there was none; what else is thrown goes on. */
function refuses(ask: () => unknown): boolean {
  try {
    ask();
    return false;
  } catch (error) {
    if (error instanceof DecodeError) return true;
    throw error;
  }
}

interface Answers {
  readonly answered: number;
  readonly refused: number;
}

/** Parses, and asks everything about every type. How many questions were answered and refused. */
function interrogate(bytes: Uint8Array, base?: Btf): Answers {
  const start = performance.now();
  const count = { answered: 0, refused: 0 };
  const ask = (question: () => unknown): void => {
    count[refuses(question) ? "refused" : "answered"] += 1;
  };
  ask(() => {
    const btf = Btf.parse(bytes, base);
    const first = base?.typeCount ?? 0;
    for (const name of NAMES) {
      ask(() => btf.find(name, ["struct", "typedef"]));
      ask(() => findEnum(btf, name));
    }
    for (let id = first; id <= Math.min(btf.typeCount, first + MAX_ASKED); id += 1)
      for (const question of QUESTIONS) ask(() => question(btf, id));
  });
  assert.ok(performance.now() - start < MAX_MS, "it ends soon");
  return count;
}

/**
 * Runs a property on many inputs, of which enough must get past the parser: else this tests nothing but the
 * header.
 */
function fuzz<T>(inputs: fc.Arbitrary<T>, ask: (input: T) => Answers): void {
  let parsed = 0;
  let all = 0;
  const property = fc.property(inputs, (input) => {
    all += 1;
    if (ask(input).answered > 0) parsed += 1;
  });
  fc.assert(property, { numRuns: RUNS });
  assert.ok(parsed > all / 10, `${parsed} of ${all} inputs were parsed`);
}

/** A real kernel's BTF with some bytes or words replaced, and perhaps cut off. */
function mutated(original: Buffer): fc.Arbitrary<Buffer> {
  const position = fc.oneof(
    { weight: 1, arbitrary: fc.nat({ max: 23 }) },
    { weight: 20, arbitrary: fc.nat({ max: original.length - 1 }) },
  );
  const value = fc.oneof(
    fc.integer({ min: 0, max: 0xff }),
    fc.constantFrom(0xffff_ffff, 0x7fff_ffff, 0x8000_0000, 0xffff),
    fc.nat({ max: original.length }),
  );
  const edit = fc.tuple(position, value, fc.boolean());
  const cut = fc.oneof(
    { weight: 9, arbitrary: fc.constant(original.length) },
    { weight: 1, arbitrary: fc.nat({ max: original.length }) },
  );
  return fc.tuple(fc.array(edit, { minLength: 1, maxLength: 6 }), cut).map(([edits, end]) => {
    const bytes = Buffer.from(original);
    for (const [at, to, wide] of edits) {
      if (wide && at + 4 <= bytes.length) bytes.writeUInt32LE(to >>> 0, at & ~3);
      else bytes[at] = to;
    }
    return bytes.subarray(0, end);
  });
}

/**
 * Well-formed BTF whose types refer to one another in any way: circles, ids that are not there, sizes without
 * sense.
 */
function tangled(): fc.Arbitrary<Uint8Array> {
  const typeId = fc.nat({ max: 14 });
  const name = fc.constantFrom("", "a", "b", "daddr");
  const number = fc.oneof(fc.nat({ max: 64 }), fc.constantFrom(0xffff_ffff, 0x8000_0000, 0x1_0000));
  const member: fc.Arbitrary<NewMember> = fc.record({
    name,
    typeId,
    offsetBits: fc.nat({ max: 64 }),
    bitSize: fc.nat({ max: 3 }),
  });
  const type: fc.Arbitrary<NewType> = fc.oneof(
    fc.record({ kind: fc.constantFrom("ptr", "volatile", "const", "restrict"), typeId }),
    fc.record({ kind: fc.constantFrom("typedef", "type_tag", "func", "var", "decl_tag"), name, typeId }),
    fc.record({ kind: fc.constant("array"), elementId: typeId, length: number }),
    fc.record({
      kind: fc.constantFrom("struct", "union"),
      name,
      sizeBytes: number,
      members: fc.array(member, { maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant("func_proto"),
      typeId,
      parameters: fc.array(fc.record({ name, typeId }), { maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constantFrom("enum", "enum64"),
      name,
      sizeBytes: number,
      signed: fc.boolean(),
      values: fc.array(fc.tuple(name, number), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constantFrom("int", "float"), name, sizeBytes: number }),
  );
  return fc
    .tuple(fc.array(type, { minLength: 1, maxLength: 12 }), fc.boolean())
    .map(([types, littleEndian]) => {
      const writer = new BtfWriter();
      for (const one of types) writer.add(one);
      return writer.bytes(littleEndian);
    });
}

describe("Btf, fuzzed", () => {
  const original = readFileSync(
    fileURLToPath(new URL("../../../test/fixtures/btf/tiny.btf", import.meta.url)),
  );
  const base = Btf.parse(original);

  test("throws nothing but a DecodeError for a kernel's BTF with bytes replaced", () => {
    assert.deepEqual({ ...interrogate(original), answered: 0 }, { answered: 0, refused: refusedWhole() });
    fuzz(mutated(original), (bytes) => interrogate(bytes));
  });

  test("throws nothing but a DecodeError for random bytes behind a valid header", () => {
    const kind = fc
      .tuple(fc.integer({ min: 1, max: 19 }), fc.nat({ max: 2 }), fc.boolean())
      .map(([number, vlen, flag]) => (number << 24) | vlen | (flag ? 1 << 31 : 0));
    const small = fc.nat({ max: 40 });
    const word = fc.oneof(
      { weight: 8, arbitrary: small },
      { weight: 1, arbitrary: fc.integer() },
      { weight: 1, arbitrary: kind },
    );
    // Three words of a type, then what may be its members or may be the next type.
    const type = fc
      .tuple(small, kind, word, fc.constantFrom(0, 1, 2, 3, 6), word)
      .map(([name, info, third, more, filler]) => [name, info, third, ...Array<number>(more).fill(filler)]);
    const types = fc.array(type, { maxLength: 6 }).map((list) => list.flat());
    const random = fc
      .tuple(types, fc.uint8Array({ maxLength: 40 }), fc.boolean())
      .map(([words, strings, split]) => {
        const header = Buffer.from(new BtfWriter().bytes(true).subarray(0, 24));
        header.writeUInt32LE(4 * words.length, 12);
        header.writeUInt32LE(4 * words.length, 16);
        header.writeUInt32LE(strings.length + 1, 20);
        return { bytes: Buffer.concat([header, wordBytes(words, true), strings, Buffer.alloc(1)]), split };
      });
    fuzz(random, ({ bytes, split }) => interrogate(bytes, split ? base : undefined));
  });

  test("throws nothing but a DecodeError for types that refer to one another in circles", () => {
    fuzz(tangled(), (bytes) => interrogate(bytes));
  });

  /** Of the whole fixture: only what has no size, and the id after the last. */
  function refusedWhole(): number {
    const sizeless = Array.from({ length: base.typeCount }, (_unused, id) => id).filter((id) =>
      refuses(() => queries.sizeOf(base, id)),
    );
    return sizeless.length + QUESTIONS.length;
  }
});
