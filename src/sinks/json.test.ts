import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { dropWith } from "../../test/drop-facts.ts";
import {
  drops,
  fullDrop,
  lost,
  minimalDrop,
  refused,
  refusedByNobody,
  sampleEvents,
  summary,
  zeroDrop,
} from "../../test/golden/sample-events.ts";
import { eventSchema } from "../../tools/docs/json-schema.ts";
import { fieldsOf, SUMMARY_FIELDS } from "../model/fields/index.ts";
import type { DropEvent } from "../model/index.ts";
import { recurs } from "../model/shared.ts";
import { jsonSink } from "./json.ts";
import { lineWriter } from "./json-lines.ts";
import { quote } from "./json-values.ts";
import { toJson, toJsonLine } from "./to-json.ts";

const OPTIONS = { all: false, stack: true, colour: false, columns: undefined };
const schemaFile = fileURLToPath(new URL("../../../schema/tcpdrop-event.schema.json", import.meta.url));
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(
  JSON.parse(readFileSync(schemaFile, "utf8")),
);

type Line = Readonly<Record<string, unknown>>;
const sink = jsonSink(OPTIONS);
const lineOf = (event: Parameters<typeof sink.format>[0]): Line => JSON.parse(sink.format(event)) as Line;

test("SUMMARY_FIELDS holds every number of the totals", () => {
  const { hidden, refusedSyns, ...totals } = summary.totals;
  const values: unknown[] = SUMMARY_FIELDS.map((field) => field.get(summary));
  for (const number of [
    ...Object.values(totals),
    ...Object.values(hidden),
    ...Object.values(refusedSyns ?? {}),
  ])
    assert.ok(values.includes(number), String(number));
});

test("jsonSink leaves out what is absent and keeps what is 0, empty or false", () => {
  const line = lineOf(minimalDrop);
  for (const name of ["sport", "state", "flags", "stack", "netns", "ifname", "sk_cookie", "mark", "reason"])
    assert.ok(!(name in line), name);
  const zero = lineOf(zeroDrop);
  assert.deepEqual(
    [
      zero["cpu"],
      zero["dport"],
      zero["seq"],
      zero["flags"],
      zero["stack"],
      zero["mark"],
      zero["sk_cookie"],
      zero["tunnel"],
    ],
    [0, 0, 0, [], [], 0, "0", false],
  );
});

test("jsonSink leaves out of a refused SYN what belongs to a listener that is gone, and of the summary what nobody watched", () => {
  const { ip, daddr, dport, accept_queue, accept_queue_limit, sk_cookie, sk_cookie_hex, ...rest } =
    lineOf(refused);
  assert.deepEqual(
    [ip, daddr, dport, accept_queue, accept_queue_limit, sk_cookie, sk_cookie_hex],
    [4, "198.51.100.10", 443, 129, 128, "8193", "2001"],
  );
  assert.deepEqual(Object.keys(lineOf(refusedByNobody)), Object.keys(rest));
  const { refusedSyns, ...totals } = summary.totals;
  assert.ok(refusedSyns !== undefined);
  const unwatched = lineOf({ ...summary, totals });
  for (const name of ["refused_syns", "refused_syns_at_most", "refused_by_cause", "refused_causes_at_most"]) {
    assert.ok(name in lineOf(summary), name);
    assert.ok(!(name in unwatched), name);
  }
  assert.ok(!("refused_syns_problem" in lineOf(summary)));
  const withProblem = { ...refusedSyns, problem: "too many open files" };
  assert.equal(
    lineOf({ ...summary, totals: { ...totals, refusedSyns: withProblem } })["refused_syns_problem"],
    "too many open files",
  );
});

test("jsonSink writes 64 bits as decimal strings and times in UTC with microseconds, whatever the time zone", () => {
  const line = lineOf(fullDrop);
  assert.equal(line["ktime_ns"], "81234567890123");
  assert.equal(line["sk_cookie"], "18446744073709551615");
  assert.equal(line["time"], "2026-01-02T03:04:05.123456Z");
});

test("the schema in the repository is the one that the table gives, and refuses what is wrong", () => {
  assert.deepEqual(JSON.parse(readFileSync(schemaFile, "utf8")), JSON.parse(JSON.stringify(eventSchema())));
  for (const [name, event] of Object.entries(sampleEvents))
    assert.ok(validate(lineOf(event)), `${name}: ${JSON.stringify(validate.errors)}`);
  const good = lineOf(fullDrop);
  const bad: Line[] = [
    { ...good, time: "2026-01-02 03:04:05" },
    { ...good, ktime_ns: 5 },
    { ...good, sport: null },
    { ...good, sport: 65_536 },
    { ...good, flags: "SYN" },
    { ...good, class: "bad" },
    { ...good, type: "x" },
    { ...lineOf(lost), count: -1 },
    { type: "drop" },
  ];
  for (const line of bad) assert.equal(validate(line), false, JSON.stringify(line));
});

const u32 = fc.nat({ max: 0xffff_ffff });
const anyText = fc.string({ unit: "binary", maxLength: 20 });
const anyDrop: fc.Arbitrary<DropEvent> = fc
  .record({
    timeNs: fc.bigInt(0n, 9_007_199_254_740_991_999n),
    ktimeNs: fc.bigInt(0n, 0xffff_ffff_ffff_ffffn),
    cpu: u32,
    comm: anyText,
    seq: fc.option(u32, { nil: undefined }),
    skbLen: u32,
    ifname: fc.option(anyText, { nil: undefined }),
    reason: fc.option(anyText, { nil: undefined }),
    stack: fc.option(fc.array(anyText, { maxLength: 5 }), { nil: undefined }),
    mark: fc.option(fc.constantFrom(0, 1, 0xffff_ffff), { nil: undefined }),
    flags: fc.option(fc.subarray(["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"] as const), {
      nil: undefined,
    }),
  })
  .map((values) => dropWith(fullDrop, values));

test("jsonSink writes what JSON.parse reads back, also when it keeps texts of drops before", () => {
  fc.assert(
    fc.property(anyDrop, (event) => {
      const text = sink.format(event);
      const line = JSON.parse(text) as Line;
      assert.ok(text.endsWith("}\n"));
      assert.ok(validate(line), JSON.stringify(validate.errors));
      for (const field of fieldsOf("drop")) {
        if (field.name === "time") continue;
        const value = field.get(event);
        assert.deepEqual(line[field.name], typeof value === "bigint" ? String(value) : value, field.name);
      }
      const us = event.timeNs / 1000n;
      assert.equal(
        line["time"],
        `${new Date(Number(us / 1000n)).toISOString().slice(0, -1)}${String(us % 1000n).padStart(3, "0")}Z`,
      );
    }),
    { numRuns: 2000 },
  );
});

test("jsonSink writes the same for groups that events share as for their copies, however often they come", () => {
  const groups = fc.record({
    flow: fc.constantFrom(...["192.0.2.1", "192.0.2.2"].map((saddr) => recurs({ ...fullDrop.flow, saddr }))),
    task: fc.constantFrom(...[1, 2].map((cpu) => recurs({ ...fullDrop.task, cpu }))),
    site: fc.constantFrom(...["a+0x1", "b+0x1"].map((location) => recurs({ ...fullDrop.site, location }))),
    socket: fc.constantFrom(recurs({ state: "LISTEN", skCookie: 1n }), undefined),
    stack: fc.constantFrom(recurs(["one", "two"]), recurs(["three"]), undefined),
  });
  fc.assert(
    fc.property(fc.array(groups, { maxLength: 20 }), (list) => {
      for (const own of list) {
        const event: DropEvent = { ...fullDrop, ...own };
        assert.equal(sink.format(event), jsonSink(OPTIONS).format(structuredClone(event)));
      }
    }),
    { numRuns: 300 },
  );
});

test("quote gives what JSON.parse reads back, in printable ASCII", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.equal(JSON.parse(quote(text)), text);
      assert.match(quote(text), /^[\x20-\x7e]+$/);
    }),
  );
});

test("lineWriter refuses fields of which the first may be absent", () => {
  assert.throws(() => lineWriter(fieldsOf("drop").filter((field) => field.optional === true)), {
    code: "PROGRAM_BUILD",
  });
});

test("jsonSink writes all samples as lines that hold no more than one event", () => {
  for (const event of Object.values(drops))
    assert.equal(sink.format(event).indexOf("\n"), sink.format(event).length - 1);
});

test("toJson gives what a line of JSON holds, and toJsonLine that line", () => {
  for (const [name, item] of Object.entries(sampleEvents)) {
    const line = toJsonLine(item);
    assert.equal(line, sink.format(item), name);
    assert.deepEqual(JSON.parse(JSON.stringify(toJson(item))), JSON.parse(line), name);
  }
});
