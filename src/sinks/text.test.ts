/** Small formatters: names from outside, times, messages for stderr. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lost, summary } from "../../test/golden/sample-events.ts";
import type { RefusedTotal } from "../model/index.ts";
import { LISTEN, reasonRow } from "../reasons/index.ts";
import { plainText } from "./plain-text.ts";
import { textOf } from "./sink.ts";
import { dateAndZone, localTimeOfDay, utcTime } from "./time-text.ts";
import { unreadText } from "./unread-text.ts";
import { formatIdentity, formatLostWords, formatSummaryWords } from "./words.ts";

process.env["TZ"] = "Asia/Kathmandu";

test("plainText leaves printable ASCII alone", () => {
  assert.equal(plainText("nf_tables [x]+0x1~ !"), "nf_tables [x]+0x1~ !");
});

test("plainText escapes what could be harmful", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["\x1b[31m", "\\x1b[31m"],
    ["a\\b", "a\\\\b"],
    ["\u202e", "\\u{202e}"],
    ["é", "\\xe9"],
    ["\u{1f600}", "\\u{1f600}"],
    ["\ud800", "\\u{d800}"],
    ["\n\x00\x7f\x9b", "\\x0a\\x00\\x7f\\x9b"],
  ];
  for (const [text, expected] of cases) assert.equal(plainText(text), expected);
});

test("plainText never gives the same text for two names", () => {
  const unescaped = (text: string): string =>
    text.replace(/\\(?:\\|x([0-9a-f]{2})|u\{([0-9a-f]+)\})/g, (_, byte?: string, code?: string) =>
      (byte ?? code) === undefined ? "\\" : String.fromCodePoint(Number.parseInt(byte ?? code ?? "", 16)),
    );
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => assert.equal(unescaped(plainText(text)), text)),
  );
});

test("localTimeOfDay is the time zone's, cut to the second or the microsecond", () => {
  const timeNs = 1_767_323_045_999_999_999n; // 03:04:05 UTC; Nepal is 5:45 ahead
  assert.equal(
    textOf((out) => localTimeOfDay(false)(timeNs, out)),
    "08:49:05",
  );
  assert.equal(
    textOf((out) => localTimeOfDay(true)(timeNs, out)),
    "08:49:05.999999",
  );
});

test("dateAndZone says which day, and which zone", () => {
  assert.equal(dateAndZone(1_767_323_045_999_999_999n), "2026-01-02 08:49:05 UTC+5:45");
});

test("utcTime does not reuse the text of another second", () => {
  const time = utcTime();
  const at = [0n, 999_999_999n, 1_000_000_000n, 999n, 1_000n, 1_767_323_045_000_001_000n];
  const expected = [
    "1970-01-01T00:00:00.000000Z",
    "1970-01-01T00:00:00.999999Z",
    "1970-01-01T00:00:01.000000Z",
    "1970-01-01T00:00:00.000000Z",
    "1970-01-01T00:00:00.000001Z",
    "2026-01-02T03:04:05.000001Z",
  ];
  assert.deepEqual(
    at.map((timeNs) => textOf((out) => time(timeNs, out))),
    expected,
  );
});

test("utcTime cuts every time to the microsecond, as Date does to the millisecond", () => {
  const time = utcTime("<", ">");
  const second = fc.bigInt(0n, 7_000_000_000n);
  // Neighbours on both sides of a second.
  const timeNs = fc
    .tuple(second, fc.constantFrom(0n, 1n, 999n, 1000n, 999_999n, 1_000_000n, 999_999_999n, 123_456_789n))
    .map(([seconds, rest]) => seconds * 1_000_000_000n + rest);
  fc.assert(
    fc.property(fc.array(timeNs, { minLength: 1, maxLength: 5 }), (times) => {
      for (const ns of [...times, ...times]) {
        const micros = String((ns / 1000n) % 1000n).padStart(3, "0");
        assert.equal(
          textOf((out) => time(ns, out)),
          `<${new Date(Number(ns / 1_000_000n)).toISOString().slice(0, -1)}${micros}Z>`,
        );
      }
    }),
    { numRuns: 2000 },
  );
});

test("formatIdentity is one line whose terms add up to what was seen", () => {
  const line = formatIdentity(summary.totals);
  assert.equal(
    line,

    "seen 171 = shown 100 (104 segments) + hidden 20 (normal 18, copy 2) + filtered 30 + limited 4 + " +
      "unread 1 + lost 15 + undecodable 1; missed: at most 7; refused SYNs: at most 46",
  );
  const [seen, ...terms] = [
    ...line
      .replace(/\([^)]*\)/g, "")
      .replace(/;.*/, "")
      .matchAll(/\d+/g),
  ].map(Number);
  assert.equal(
    terms.reduce((sum, term) => sum + term, 0),
    seen,
  );
});

test("formatSummaryWords lists reasons, classes, advice, and how to see hidden drops", () => {
  const words = formatSummaryWords(summary);
  const expected = `${formatIdentity(summary.totals)}
shown by reason:
  90  NO_SOCKET  refused    Is the service up?
   7  NO_SOCKET  loss       syn-cookie-accept-queue-full: Accept faster
   2  196609     loss
   1  -          loss
SYNs refused by listening sockets, by cause:
  at most 42  ACCEPT_QUEUE_FULL  ${reasonRow("ACCEPT_QUEUE_FULL", LISTEN).advice}
           1  SYN_QUEUE_FULL     ${reasonRow("SYN_QUEUE_FULL", LISTEN).advice}
           3  LISTEN_DROP        ${reasonRow("LISTEN_DROP", LISTEN).advice}
hidden by reason (-a shows them):
  18  QUEUE_PURGE        normal
   2  PACKET_SOCK_ERROR  copy
undecodable: header_not_linear 1
all by site, aggregated in the kernel:
  120  NO_SOCKET  refused  tcp_v4_rcv+0x91
   20  -  loss  (other sites: the map was full)
lost: the ring buffer was full. Raise --buffer; --no-stack makes records smaller
unread: 1 after --count was reached
cost: program in the kernel 350 ns a run, 200 runs, 0.00 % of a CPU; this process 0.3 % of a CPU, 66.8 MB (at most 76.3 MB); 3 drops/s seen; ring at most 0.0 % full
`;
  assert.equal(words, expected);
});

test("formatSummaryWords says what was counted before user space evaluated its part of a filter", () => {
  const words = formatSummaryWords({ ...summary, filterRest: "class loss" });
  assert.match(
    words,
    /\nhidden by reason before user space evaluated "class loss" \(-a shows those that it accepts\):\n/,
  );
  assert.match(words, /\nall by site, aggregated in the kernel before user space evaluated "class loss":\n/);
});

test("formatSummaryWords is the identity alone if nothing was seen", () => {
  const totals = {
    seen: 0,
    shown: 0,
    shownSegments: 0,
    hidden: { normal: 0, copy: 0 },
    filtered: 0,
    limited: 0,
    unread: 0,
    lost: 0,
    undecodable: 0,
    missed: 0,
  };
  const words = formatSummaryWords({
    ...summary,
    totals,
    shownByReason: [],
    hiddenByReason: [],
    unreadBy: undefined,
    undecodableByKind: { header_not_linear: 0 },
    bySite: [],
    cost: undefined,
  });
  assert.equal(
    words,
    "seen 0 = shown 0 + hidden 0 (normal 0, copy 0) + filtered 0 + limited 0 + unread 0 + lost 0 + undecodable 0; missed: at most 0\n",
  );
});

test("unreadText says which of the causes it was, and advises where something can be done", () => {
  assert.equal(
    unreadText({ count: 3, closed: 2 }),
    "3 after --count was reached, 2 after the reader of the output had gone",
  );
  for (const [cause, says] of [
    ["slow", /^4 that the output did not take in time\. If that matters, write to a file/],
    ["ended", /^4 still in the ring buffer when the run was over\. If that matters/],
  ] as const)
    assert.match(unreadText({ [cause]: 4 }), says);
});

test("formatLostWords says how many, and what to do", () => {
  assert.equal(
    formatLostWords(lost),
    "tcpdrop: lost 12 drops (15 in total): the ring buffer was full; raise --buffer\n",
  );
  assert.match(formatLostWords({ ...lost, count: 1 }), /lost 1 drop \(/);
});

test("formatSummaryWords says how sure the number of refused SYNs is, and why", () => {
  const { refusedSyns } = summary.totals;
  assert(refusedSyns !== undefined);
  const words = (change: Partial<RefusedTotal>): string =>
    formatSummaryWords({
      ...summary,
      totals: { ...summary.totals, refusedSyns: { ...refusedSyns, ...change } },
    });
  const certain = { atMost: false, causesAtMost: [] } as const;
  const problem = "Not counted: too many open files";
  assert.match(words(certain), /; refused SYNs: 46\n/);
  assert.match(
    words({ ...certain, problem }),
    /; refused SYNs: at least 46\n.*\nNot counted: too many open files\n/s,
  );
  assert.match(words({ problem }), /; refused SYNs: about 46\n/);
  assert.match(words({ ...certain, problem, count: 0, byCause: {} }), /\nNot counted: too many open files\n/);
});
