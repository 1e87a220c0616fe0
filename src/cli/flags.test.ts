import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { UsageError } from "../errors.ts";
import {
  parseBufferSize,
  parseCount,
  parseDuration,
  parseMaxEvents,
  parseSample,
  parseStacks,
  TRACE_FLAGS,
} from "./flags.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 4;

type Parse = (text: string) => number;

function refuses(parse: Parse, texts: readonly string[]): void {
  for (const text of texts) {
    test(`refuses ${JSON.stringify(text)} with a UsageError that repeats it`, () => {
      assert.throws(
        () => parse(text),
        (error) => error instanceof UsageError && error.message.includes(text) && error.exitCode === 2,
      );
    });
  }
}

/** Text that looks like flags, and any other. */
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom(...Array.from("0123456789.kKMGiBmsh -+e")) }),
);

/** Any text is a number in range, or a UsageError. */
function never(parse: Parse, min: number, max: number): void {
  test("any text is a number in range, or a UsageError", () => {
    const property = fc.property(anyText, (text) => {
      try {
        const value = parse(text);
        assert.ok(Number.isSafeInteger(value) && value >= min && value <= max, `${value}`);
      } catch (failure) {
        if (!(failure instanceof UsageError)) throw failure;
      }
    });
    fc.assert(property, { numRuns: RUNS });
  });
}

describe("parseBufferSize", () => {
  for (const [text, bytes] of [
    ["4096", 4096],
    ["4K", 4096],
    ["4k", 4096],
    ["4KiB", 4096],
    ["4KB", 4096],
    ["16M", 1 << 24],
    ["1G", 1 << 30],
    ["4097", 8192],
    ["5M", 8 << 20],
    ["536870913", 1 << 30],
  ] as const) {
    test(`${text} is ${bytes}`, () => assert.equal(parseBufferSize(text), bytes));
  }
  refuses(parseBufferSize, [
    "",
    "0",
    "4095",
    "3K",
    "2G",
    "1073741825",
    "16T",
    "-16M",
    "1.5M",
    "M",
    "16 M",
    "16M ",
    "0x1000",
    "1e6",
    "99999999999999999999",
  ]);
  never(parseBufferSize, 4096, 1 << 30);

  test("is the smallest power of two that holds as much", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4096, max: 1 << 30 }), (bytes) => {
        const size = parseBufferSize(String(bytes));
        assert.ok(size >= bytes && size / 2 < bytes && (size & (size - 1)) === 0);
      }),
      { numRuns: RUNS },
    );
  });
});

describe("parseDuration", () => {
  for (const [text, ms] of [
    ["10", 10_000],
    ["10s", 10_000],
    ["500ms", 500],
    ["1.5s", 1500],
    ["0.5m", 30_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["0.001", 1],
    ["596h", 2_145_600_000],
  ] as const) {
    test(`${text} is ${ms} ms`, () => assert.equal(parseDuration(text), ms));
  }
  refuses(parseDuration, [
    "",
    "0",
    "0.1ms",
    "597h",
    "-1s",
    "1d",
    "s",
    ".5s",
    "1.s",
    "1 s",
    "10S",
    "1e3",
    "Infinity",
    "NaN",
  ]);
  never(parseDuration, 1, 2 ** 31 - 1);
});

describe("parseCount", () => {
  for (const [text, count] of [
    ["1", 1],
    ["007", 7],
    ["999999999999999", 999_999_999_999_999],
  ] as const) {
    test(`${text} is ${count}`, () => assert.equal(parseCount(text), count));
  }
  refuses(parseCount, ["", "0", "-1", "1.5", "1e3", "0x10", " 1", "ten", "9999999999999999"]);
  never(parseCount, 1, 999_999_999_999_999);
});

describe("TRACE_FLAGS", () => {
  test("no two share a name, and each is explained", () => {
    const names = TRACE_FLAGS.flatMap(({ flags }) => flags.match(/--?[a-z0-9-]+/g) ?? []);
    assert.equal(new Set(names).size, names.length);
    for (const { flags, doc } of TRACE_FLAGS) assert.ok(doc.length > 10, flags);
  });

  test("what stands in for a flag that is not given is a choice, or parses", () => {
    for (const { choices, fallback } of TRACE_FLAGS)
      if (choices !== undefined && fallback !== undefined) assert.ok(choices.includes(fallback));
    assert.equal(
      parseBufferSize(TRACE_FLAGS.find(({ flags }) => flags.startsWith("--buffer"))?.fallback ?? ""),
      1 << 24,
    );
  });
});

test("parseStacks, parseMaxEvents and parseSample take what they name, and refuse all else with a hint", () => {
  assert.deepEqual(["auto", "all", "none", "100", "0"].map(parseStacks), [
    "auto",
    "all",
    "none",
    100,
    "none",
  ]);
  assert.deepEqual(["1000/s", "1"].map(parseMaxEvents), [1000, 1]);
  assert.deepEqual(["1/100", "1/1"].map(parseSample), [100, 1]);
  for (const text of ["", "some", "-1", "1.5", "3000000000"])
    assert.throws(() => parseStacks(text), { code: "USAGE", message: /--stacks/ });
  for (const text of ["", "0", "0/s", "10/m", "-1/s", "3000000000/s"])
    assert.throws(() => parseMaxEvents(text), { code: "USAGE", message: /--max-events/ });
  for (const text of ["", "1/0", "2/100", "1%", "0.01", "1/3000000000"])
    assert.throws(() => parseSample(text), { code: "USAGE", message: /--sample/ });
});
