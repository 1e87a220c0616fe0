import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileWriter, type Part } from "./compile-writer.ts";
import { textOf } from "./sink.ts";

interface Made {
  readonly name: string | undefined;
  readonly count: number | undefined;
  readonly sure: boolean;
}

/** What was written since it was asked last. */
let written: string[] = [];
const part = (key: keyof Made): Part<Made> => ({
  isText: key === "name",
  get: (event) => event[key],
  write: (value, out) => {
    written.push(key);
    out.text(`${key}=${String(value)};`);
  },
});
const expected = (event: Made): string =>
  (["name", "count", "sure"] as const)
    .map((key) => (event[key] === undefined ? "" : `${key}=${String(event[key])};`))
    .join("");

test("compileWriter writes every part that has a value in turn, kept or not", () => {
  const made: fc.Arbitrary<Made> = fc.record({
    name: fc.option(
      fc.oneof(fc.constantFrom("", "a", "ab", "ba"), fc.string({ unit: "grapheme-ascii", maxLength: 5 })),
      { nil: undefined },
    ),
    count: fc.option(fc.oneof(fc.nat({ max: 3 }), fc.maxSafeNat(), fc.double({ noNaN: true })), {
      nil: undefined,
    }),
    sure: fc.boolean(),
  });
  const writers = [
    compileWriter<Made>([[part("name")], [part("count")], [part("sure")]]),
    compileWriter<Made>([[part("name"), part("count"), part("sure")]]),
    compileWriter<Made>([[part("name"), part("count")], [part("sure")]]),
  ];
  fc.assert(
    fc.property(fc.array(made, { maxLength: 40 }), (events) => {
      for (const event of events)
        for (const write of writers)
          assert.equal(
            textOf((out) => write(event, out)),
            expected(event),
          );
    }),
    { numRuns: 500 },
  );
});

test("compileWriter keeps the text of a run of parts, and not that of a part by itself", () => {
  const write = compileWriter<Made>([[part("name"), part("count")], [part("sure")]]);
  const event = { name: "eth0", count: 7, sure: true };
  for (const writes of [["name", "count", "sure"], ["sure"], ["sure"]]) {
    written = [];
    assert.equal(
      textOf((out) => write(event, out)),
      expected(event),
    );
    assert.deepEqual(written, writes);
  }
});

test("compileWriter forgets combinations, so that a flood of them fills no memory, and is right all the same", () => {
  const write = compileWriter<Made>([[part("name"), part("count"), part("sure")]]);
  for (let count = 0; count < 20_000; count += 1) {
    const event = { name: "x", count: count % 5000, sure: false };
    assert.equal(
      textOf((out) => write(event, out)),
      expected(event),
    );
  }
});
