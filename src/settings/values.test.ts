import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { UsageError } from "../errors.ts";
import { SETTINGS, type Setting } from "./table.ts";
import * as rules from "./values.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 4;

interface Case<T> {
  readonly name: string;
  readonly rule: rules.TextRule<T>;
  readonly takes: readonly (readonly [text: string, value: T])[];
  readonly refuses: readonly string[];
  /** Of every value that it gives. */
  readonly holds: (value: T) => boolean;
}

function number(
  name: string,
  rule: rules.TextRule<number>,
  [least, most]: readonly [number, number],
  takes: Case<number>["takes"],
  refuses: readonly string[],
): Case<number> {
  const holds = (value: number): boolean => Number.isSafeInteger(value) && value >= least && value <= most;
  return { name, rule, takes, refuses, holds };
}

const SIZES = number(
  "BUFFER_SIZE",
  rules.BUFFER_SIZE,
  [4096, 1 << 30],
  [
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
  ],
  ["", "0", "4095", "3K", "2G", "1073741825", "16T", "-16M", "1.5M", "M", "16 M", "16M ", "0x1000", "1e6"],
);

const TIMES = number(
  "TIME",
  rules.TIME,
  [1, 2 ** 31 - 1],
  [
    ["10", 10_000],
    ["10s", 10_000],
    ["500ms", 500],
    ["1.5s", 1500],
    ["0.5m", 30_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["0.001", 1],
    ["596h", 2_145_600_000],
  ],
  ["", "0", "0.1ms", "597h", "-1s", "1d", "s", ".5s", "1.s", "1 s", "10S", "1e3", "Infinity", "NaN"],
);

const COUNTS = number(
  "COUNT",
  rules.COUNT,
  [1, 999_999_999_999_999],
  [
    ["1", 1],
    ["007", 7],
    ["999999999999999", 999_999_999_999_999],
  ],
  ["", "0", "-1", "1.5", "1e3", "0x10", " 1", "ten", "9999999999999999"],
);

const RATES = number(
  "RATE",
  rules.RATE,
  [1, rules.MOST_A_SECOND],
  [
    ["1000/s", 1000],
    ["1", 1],
  ],
  ["", "0", "0/s", "10/m", "-1/s", "3000000000/s"],
);

const FRACTIONS = number(
  "FRACTION",
  rules.FRACTION,
  [1, rules.MOST_A_SECOND],
  [
    ["1/100", 100],
    ["1/1", 1],
  ],
  ["", "1/0", "2/100", "1%", "0.01", "1/3000000000"],
);

function checkCase<T>({ name, rule, takes, refuses, holds }: Case<T>): void {
  describe(name, () => {
    test("takes what it names", () => {
      for (const [text, value] of takes) assert.deepEqual(rule.parse(text), value, text);
      assert.notEqual(rule.parse(rule.example), undefined, "and its own example");
    });

    test("is undefined for all else", () => {
      for (const text of refuses) assert.equal(rule.parse(text), undefined, text);
    });

    test("is a value that holds, or undefined, for any text", () => {
      const property = fc.property(anyText, (text) => {
        const value = rule.parse(text);
        assert.ok(value === undefined || holds(value), `${text}: ${String(value)}`);
      });
      fc.assert(property, { numRuns: RUNS });
    });
  });
}

/** Text that looks like values, and any other. */
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom(...Array.from("0123456789.kKMGiBmsh -+e/")) }),
);

for (const one of [SIZES, TIMES, COUNTS, RATES, FRACTIONS]) checkCase(one);

checkCase({
  name: "STACKS",
  rule: rules.STACKS,
  takes: [
    ["auto", "auto"],
    ["all", "all"],
    ["none", "none"],
    ["100", 100],
    ["0", "none"],
  ],
  refuses: ["", "some", "-1", "1.5", "3000000000"],
  holds: (value) => typeof value === "string" || (value >= 1 && value <= rules.MOST_A_SECOND),
});

checkCase({
  name: "SUMMARY",
  rule: rules.SUMMARY,
  takes: [
    ["1s", { everyMs: 1000, by: "site" }],
    ["owner", { everyMs: 1000, by: "owner" }],
    ["owner,5s", { everyMs: 5000, by: "owner" }],
    ["site,100ms", { everyMs: 100, by: "site" }],
    ["false", false],
  ],
  refuses: ["", "true", "0", "owner,", "5s,owner", "owner,5s,5s", "owners", "owner,owner"],
  holds: (value) => value === false || value.everyMs >= 1,
});

checkCase({
  name: "SWITCH",
  rule: rules.SWITCH,
  takes: [
    ["true", true],
    ["1", true],
    ["Yes", true],
    ["off", false],
    ["0", false],
  ],
  refuses: ["", "2", "maybe"],
  holds: (value) => typeof value === "boolean",
});

test("BUFFER_SIZE is the smallest power of two that holds as much", () => {
  const property = fc.property(fc.integer({ min: 4096, max: 1 << 30 }), (bytes) => {
    const size = rules.BUFFER_SIZE.parse(String(bytes)) ?? 0;
    assert.ok(size >= bytes && size / 2 < bytes && (size & (size - 1)) === 0);
  });
  fc.assert(property, { numRuns: RUNS });
});

test("every rule of the table gives a value, undefined or a UsageError for any text", () => {
  for (const [key, { rule }] of Object.entries<Setting>(SETTINGS)) {
    // A namespace is looked for in the file system each time.
    const property = fc.property(anyText, (text) => {
      try {
        rule.parse(text);
      } catch (failure) {
        assert.ok(failure instanceof UsageError, `${key}: ${String(failure)}`);
      }
    });
    fc.assert(property, { numRuns: key === "netns" ? 500 : RUNS / 10 });
  }
});
