import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { dropWith, factsOf } from "../../test/drop-facts.ts";
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
import type { DropEvent } from "../model/index.ts";
import { DROP_FIELDS, SUMMARY_FIELDS } from "./fields.ts";
import { compileObject, jsonSink } from "./json.ts";
import { quote } from "./json-values.ts";

const OPTIONS = { all: false, stack: true, colour: false, columns: undefined };
const schemaFile = fileURLToPath(new URL("../../../schema/tcpdrop-event.schema.json", import.meta.url));
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(
  JSON.parse(readFileSync(schemaFile, "utf8")),
);

type Line = Readonly<Record<string, unknown>>;
const sink = jsonSink(OPTIONS);
const lineOf = (event: Parameters<typeof sink.format>[0]): Line => JSON.parse(sink.format(event)) as Line;

test("DROP_FIELDS has the documented names in the documented order", () => {
  const names =
    "type time ktime_ns source cpu cpu_pid cpu_tid cpu_comm ip saddr sport daddr dport address_source direction tunnel state flags seq ack window payload_len skb_len gso_segs reason reason_code reason_subsystem reason_inferred class location stack stack_omitted netns ifindex ifname sk_cookie mark";
  assert.equal(DROP_FIELDS.map((field) => field.name).join(" "), names);
  assert.deepEqual(Object.keys(lineOf(dropWith(fullDrop, { stackOmitted: true }))).join(" "), names);
});

test("DROP_FIELDS has every fact of a drop once, except advice, address and what is for the filter alone", () => {
  const without = new Set(["advice", "locationAddress", "filterBits", "id", "stackOmitted"]);
  const facts = Object.entries(factsOf(fullDrop)).filter(([name]) => !without.has(name));
  const values = DROP_FIELDS.filter(({ name }) => name !== "type").map((field) => field.value(fullDrop));
  assert.deepEqual(
    new Set(values.filter((value) => value !== undefined)),
    new Set(facts.map(([, value]) => value)),
  );
});

test("DROP_FIELDS calls optional just what is absent from the least drop", () => {
  const absent = DROP_FIELDS.filter((field) => field.value(minimalDrop) === undefined).map(
    (field) => field.name,
  );
  assert.deepEqual(
    absent,
    DROP_FIELDS.filter((field) => field.optional).map((field) => field.name),
  );
});

test("SUMMARY_FIELDS holds every number of the totals", () => {
  const { hidden, refusedSyns, ...totals } = summary.totals;
  const values: unknown[] = SUMMARY_FIELDS.map((field) => field.value(summary));
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
  const { ip, daddr, dport, accept_queue, accept_queue_limit, sk_cookie, ...rest } = lineOf(refused);
  assert.deepEqual(
    [ip, daddr, dport, accept_queue, accept_queue_limit, sk_cookie],
    [4, "198.51.100.10", 443, 129, 128, "8193"],
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
  const camel = (name: string): string => name.replace(/_[a-z]/g, (part) => part.slice(1).toUpperCase());
  fc.assert(
    fc.property(anyDrop, (event) => {
      const text = sink.format(event);
      const line = JSON.parse(text) as Line;
      assert.ok(text.endsWith("}\n"));
      assert.ok(validate(line), JSON.stringify(validate.errors));
      const facts = factsOf(event) as unknown as Line;
      for (const field of DROP_FIELDS) {
        if (field.name === "time" || field.name === "type") continue;
        const value = facts[camel(field.name.replace(/^cpu_/, ""))];
        if (field.name === "stack_omitted" && value === false) {
          assert.ok(!(field.name in line), "absent where it is false");
          continue;
        }
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

test("quote gives what JSON.parse reads back, in printable ASCII", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.equal(JSON.parse(quote(text)), text);
      assert.match(quote(text), /^[\x20-\x7e]+$/);
    }),
  );
});

test("compileObject refuses fields of which the first may be absent", () => {
  assert.throws(() => compileObject(DROP_FIELDS.filter((field) => field.optional)), {
    code: "PROGRAM_BUILD",
  });
});

test("jsonSink writes all samples as lines that hold no more than one event", () => {
  for (const event of Object.values(drops))
    assert.equal(sink.format(event).indexOf("\n"), sink.format(event).length - 1);
});
