import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { dropWith } from "../../test/drop-facts.ts";
import { fullDrop, v6Drop, zeroDrop } from "../../test/golden/sample-events.ts";
import { tableSink } from "./table.ts";
import { planLayout } from "./table-layout.ts";

const titles = (columns: number | undefined, stack = true): string => {
  const layout = planLayout({ all: false, stack, colour: false, columns });
  return [...layout.head, ...layout.tail].map((column) => column.title).join(" ");
};
const ALWAYS = "TIME PID IP SADDR:SPORT > DADDR:DPORT STATE (FLAGS) REASON";

test("planLayout keeps bcc's columns and the reason first, at every width", () => {
  for (const columns of [undefined, 1, 40, 80, 112, 113, 120, 132, 200, 1000])
    assert.ok(titles(columns).startsWith(ALWAYS));
});

test("planLayout adds columns by their importance, shown in one order", () => {
  const cases: readonly (readonly [number, string])[] = [
    [40, ""],
    [80, " CLASS DIR IF LEN"],
    [113, ""],
    [117, " DIR"],
    [138, " CLASS DIR IF"],
    [200, " CLASS DIR IF LEN SEGS NETNS"],
  ];
  for (const [columns, more] of cases) assert.equal(titles(columns), ALWAYS + more, `${columns} columns`);
});

test("planLayout puts the location first where there are no stacks", () => {
  for (const columns of [80, 150, undefined]) assert.match(titles(columns, false), / LOCATION$/);
});

test("tableSink keeps the first line of every v4 drop within 80 columns", () => {
  for (const stack of [true, false]) {
    for (const columns of [80, 100, 112, 113, 120, 160]) {
      const sink = tableSink({ all: false, stack, colour: false, columns });
      for (const event of [fullDrop, zeroDrop, dropWith(zeroDrop, { pid: 4_194_304 })]) {
        for (const text of [sink.header(), sink.format(event)]) {
          const [first = "", second = ""] = text.split("\n");
          assert.ok(first.length <= columns, first);
          assert.ok(second.startsWith("\t") || second.length <= columns, second);
        }
      }
    }
  }
});

test("tableSink breaks a row that is too long for its terminal, and only that", () => {
  const sink = tableSink({ all: false, stack: false, colour: false, columns: 200 });
  assert.equal(sink.format(fullDrop).split("\n").length, 2);
  assert.equal(sink.format(v6Drop).split("\n").length, 3);
});

test("tableSink counts no width for colour", () => {
  const withColour = tableSink({ all: false, stack: true, colour: true, columns: 160 });
  const without = tableSink({ all: false, stack: true, colour: false, columns: 160 });
  for (const event of [fullDrop, v6Drop, zeroDrop]) {
    const text = withColour.format(event);
    assert.ok(["\x1b[31m", "\x1b[33m", "\x1b[36m"].some((paint) => text.includes(paint)));
    assert.equal(stripVTControlCharacters(text), without.format(event));
  }
});
