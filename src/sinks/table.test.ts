import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { dropWith } from "../../test/drop-facts.ts";
import {
  drops,
  fullDrop,
  refused,
  refusedUntold,
  tunnelDrop,
  v6Drop,
  zeroDrop,
} from "../../test/golden/sample-events.ts";
import { COLUMN_NAMES, COMPOSED_COLUMNS, columnName } from "../model/fields/index.ts";
import { tableSink } from "./table.ts";
import { columnsNamed } from "./table-columns.ts";
import { planLayout } from "./table-layout.ts";

const linesAt = (columns: number | undefined, stack: boolean): readonly string[] =>
  planLayout({ all: false, stack, colour: false, columns }).lines.map((line) =>
    line.map(({ title }) => title).join(" "),
  );
const titles = (columns: number | undefined, stack: boolean): readonly string[] =>
  linesAt(columns, stack).join(" ").split(" ");
const HEAD = "TIME PID IP SADDR:SPORT > DADDR:DPORT";
const NARROW_HEAD = "TIME IP SADDR:SPORT > DADDR:DPORT";
const ALWAYS = "STATE (FLAGS) REASON CLASS OWNER";
const WIDTHS = Array.from({ length: 300 }, (_unused, width) => width + 1);
/** From here on there is room for the process on the CPU. */
const PID_FROM = { withStack: 88, without: 109 };

test("planLayout keeps bcc's columns first, the reason, the class, the owner and the location", () => {
  for (const columns of [undefined, ...WIDTHS]) {
    const withPid = (from: number): string => (columns === undefined || columns >= from ? HEAD : NARROW_HEAD);
    const start = (from: number): readonly string[] => `${withPid(from)} ${ALWAYS}`.split(" ");
    const [rows, stacks] = [start(PID_FROM.without), start(PID_FROM.withStack)];
    assert.deepEqual(titles(columns, true).slice(0, stacks.length), stacks, `${columns}`);
    assert.deepEqual(titles(columns, false).slice(0, rows.length), rows, `${columns}`);
    assert.equal(titles(columns, false).at(-1), "LOCATION");
  }
});

test("planLayout has no owner where nobody looks for them, and bcc's columns at every width", () => {
  for (const columns of [undefined, ...WIDTHS])
    for (const stack of [true, false]) {
      const { lines } = planLayout({ all: false, stack, colour: false, columns, owners: false });
      const shown = lines.flat().map(({ title }) => title);
      assert.equal(shown.slice(0, 6).join(" "), HEAD);
      assert.ok(!shown.includes("OWNER"));
    }
});

test("planLayout shows in a wider terminal all that it shows in a narrower one", () => {
  for (const stack of [true, false]) {
    let before: readonly string[] = [];
    let hadMicros = false;
    for (const columns of WIDTHS) {
      const now = titles(columns, stack);
      assert.deepEqual(
        before.filter((title) => !now.includes(title)),
        [],
        `${columns} columns`,
      );
      const { micros } = planLayout({ all: false, stack, colour: false, columns });
      assert.ok(micros || !hadMicros, `microseconds at ${columns} columns`);
      [before, hadMicros] = [now, micros];
    }
    assert.deepEqual(before, titles(undefined, stack));
  }
});

test("planLayout takes two lines from 80 columns on, and one where all columns fit", () => {
  const cases: readonly (readonly [number, boolean, readonly string[]])[] = [
    [80, true, [`${NARROW_HEAD} STATE (FLAGS)`, "REASON CLASS OWNER DIR IF LEN"]],
    [80, false, [`${NARROW_HEAD} STATE (FLAGS)`, "REASON CLASS OWNER LOCATION"]],
    [100, false, [`${NARROW_HEAD} STATE (FLAGS)`, "REASON CLASS OWNER DIR LOCATION"]],
    [120, false, [`${HEAD} STATE (FLAGS) REASON`, "CLASS OWNER DIR IF LEN SEGS NETNS LOCATION"]],
    [190, true, [`${HEAD} STATE (FLAGS) REASON CLASS OWNER DIR IF LEN SEGS NETNS`]],
    [219, false, [`${HEAD} STATE (FLAGS) REASON CLASS OWNER DIR IF LEN SEGS NETNS LOCATION`]],
  ];
  for (const [columns, stack, expected] of cases) assert.deepEqual(linesAt(columns, stack), expected);
});

const longV6 = dropWith(v6Drop, { daddr: "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", state: undefined });
const words = (row: string): readonly string[] =>
  row
    .replace(/\.\d{6}/, "")
    .split(/ +/)
    .filter((word) => word !== "");

for (const stack of [true, false])
  test(`tableSink breaks no row but between cells, whatever is in it, stack ${stack}`, () => {
    const whole = tableSink({ all: false, stack, colour: false, columns: undefined });
    for (const columns of [80, 87, 88, 95, 100, 112, 113, 120, 160, 167, 195, 196, 200]) {
      const sink = tableSink({ all: false, stack, colour: false, columns });
      for (const event of [...Object.values(drops), longV6, dropWith(zeroDrop, { pid: 4_194_304 })]) {
        const rows = sink
          .format(event)
          .split("\n")
          .filter((line) => !line.startsWith("\t"));
        for (const line of rows) assert.ok(line.length <= columns, `${columns}: ${line}`);
        const [all = ""] = whole.format(event).split("\n");
        const missing = words(rows.join(" ")).filter((word) => !words(all).includes(word));
        assert.deepEqual(missing, [], `${columns} columns`);
        assert.ok(words(rows.join(" ")).includes(event.class));
        assert.ok(stack || rows.join("\n").includes(words(all).at(-1) ?? "-"));
      }
    }
  });

test("tableSink keeps the rows of every v4 drop in two lines from 80 columns on", () => {
  for (const columns of [80, 100, 120, 160]) {
    const sink = tableSink({ all: false, stack: false, colour: false, columns });
    for (const event of [fullDrop, zeroDrop, tunnelDrop])
      assert.equal(sink.format(event).split("\n").length, 3, sink.format(event));
  }
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

test("columnsNamed has a column for each name, which no event of any kind leaves empty", () => {
  for (const name of COLUMN_NAMES) {
    const [column, ...others] = columnsNamed([name]);
    assert.equal(column?.name, name);
    assert.deepEqual(others, []);
    assert.equal(COMPOSED_COLUMNS[name] ?? column?.title, column?.title);
    const sink = tableSink({ all: false, stack: false, colour: true, columns: undefined, chosen: [name] });
    for (const event of [...Object.values(drops), refused, refusedUntold]) {
      const text = stripVTControlCharacters(sink.format(event));
      assert.match(text, /^[ -~]*\n$/);
      assert.doesNotMatch(text, /NaN|undefined|null|\[object/);
      assert.notEqual(text, "\n");
    }
  }
});

test("columnName knows a column by its name, its title and the word of filters", () => {
  const cases = {
    src: "src",
    "saddr:sport": "src",
    IF: "ifname",
    iface: "ifname",
    PID: "cpu_pid",
    seq: "seq",
    len: "payload_len",
    ">": undefined,
    stack: undefined,
    nothing: undefined,
  };
  for (const [word, name] of Object.entries(cases)) assert.equal(columnName(word), name, word);
});

test("tableSink breaks a cell that is longer than a line between its words", () => {
  const sink = tableSink({
    all: false,
    stack: false,
    colour: false,
    columns: 80,
    chosen: ["class", "meaning"],
  });
  const meaning = "It is a sentence that says what happened ".repeat(4).trim();
  const [first, ...below] = sink.format(dropWith(fullDrop, { meaning })).trimEnd().split("\n");
  assert.equal(first?.trim(), "loss");
  for (const line of below) assert.ok(line.length <= 80 && line.startsWith("  "), line);
  assert.equal(below.map((line) => line.trim()).join(" "), meaning);
});

test("tableSink shows the chosen columns in their order, with an arrow between the ends, and breaks no cell", () => {
  const chosen = ["reason", "src", "dst", "class", "cpu_comm", "time", "location", "seq", "ack", "netns"];
  const whole = tableSink({ all: false, stack: false, colour: false, columns: undefined, chosen });
  assert.match(
    whole.header(),
    /^REASON +SADDR:SPORT +> DADDR:DPORT +CLASS +CPU_COMM +TIME +LOCATION +SEQ +ACK +NETNS\n$/,
  );
  assert.match(
    whole.format(fullDrop),
    /^TCP_INVALID_SEQUENCE +192\.0\.2\.66:43210 +> 198\.51\.100\.10:443 +loss +nginx: worker +\S+\.123456 +tcp_validate_incoming\+0x1e4 4123456789 +1000000007 +4026531840\n$/,
  );
  const narrow = tableSink({ all: false, stack: false, colour: false, columns: 80, chosen });
  for (const event of [fullDrop, v6Drop, refused])
    for (const line of narrow.format(event).split("\n")) assert.ok(line.length <= 80, line);
});
