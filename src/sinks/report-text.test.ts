import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { finding, hostileFinding, hostileOwnerDrop, summary } from "../../test/golden/sample-events.ts";
import { ownerOf } from "../../test/owner-facts.ts";
import type { Report } from "../model/index.ts";
import { formatReport } from "./report-text.ts";
import { wrapText } from "./wrap-text.ts";

process.env["TZ"] = "Europe/Berlin";

/** dist/src/sinks/ is three levels below the root. */
const GOLDEN = fileURLToPath(new URL("../../../test/golden/", import.meta.url));

const REPORT: Report = {
  startedNs: summary.startedNs,
  endedNs: summary.endedNs,
  headline: finding.text,
  findings: [
    {
      ...finding,
      text: `${finding.text} The socket is held by nginx[1234] in pod shop/web.`,
      whose: "nginx[1234] in pod shop/web",
    },
    { ...finding, severity: "info", count: 1, peers: 1, connections: 1, lastNs: finding.firstNs },
  ],
  owners: [
    { owner: ownerOf({ pod: "web", podNamespace: "shop", comm: "nginx", pid: 1234 }), count: 97 },
    { owner: undefined, count: 2 },
  ],
  notEvaluated: [
    { rule: "softnet-backlog", why: "softnet_stat could not be read" },
    { rule: "conntrack-full", why: "the number of tracked connections could not be read" },
  ],
};
const PLAIN = { columns: 110, colour: false, all: false };

for (const columns of [80, 100, 110, 120, 160, 200])
  test(`formatReport gives one sentence, a block for each finding, and the sums: ${columns} columns`, () => {
    const text = formatReport(REPORT, summary, { ...PLAIN, columns });
    const path = `${GOLDEN}report-${columns}.txt`;
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
    assert.equal(text, readFileSync(path, "utf8"));
    const tooLong = text
      .split("\n")
      .filter((line) => line.length > columns && !/^ {3}(next| {4}) /.test(line));
    assert.deepEqual(tooLong, []);
  });

test("formatReport lets no control character through", () => {
  const [output] = summary.outputs;
  assert.ok(output);
  const outputs = [output, { ...output, name: "\x1b[31m.ndjson" }];
  const hostileOwner = { owner: hostileOwnerDrop.owner, count: 1 };
  const report = { ...REPORT, headline: "\x1b[2J", findings: [hostileFinding], owners: [hostileOwner] };
  assert.match(formatReport(report, { ...summary, outputs }, PLAIN), /^[\x20-\x7e\n]*$/);
});

test("formatReport says where more SYNs may have been refused than were counted", () => {
  const counted = { count: 3, atMost: false, byCause: {}, causesAtMost: [], problem: "no descriptors" };
  const refusedIn = (refusedSyns: typeof counted): string =>
    /SYNs refused[^;\n]*/.exec(
      formatReport(REPORT, { ...summary, totals: { ...summary.totals, refusedSyns } }, PLAIN).replaceAll(
        "\n",
        " ",
      ),
    )?.[0] ?? "";
  assert.match(refusedIn(counted), /^SYNs refused by listening sockets: at least 3/);
  assert.match(refusedIn({ ...counted, count: 0 }), /^SYNs refused by listening sockets: at least 0/);
});

test("formatReport gives each finding beyond the tenth one line", () => {
  const findings = Array.from({ length: 13 }, (_, at) => ({ ...finding, title: `title ${at}.` }));
  const text = formatReport({ ...REPORT, findings }, summary, PLAIN);
  assert.match(text, /\n10\. title 9\./);
  assert.doesNotMatch(text, /\n11\. /);
  assert.match(text, /and 3 more findings:\n {3}title 10\.: 198\.51\.100\.10:443, 97 drops\n/);
});

test("formatReport sets titles in bold where escape sequences may be used", () => {
  const text = formatReport(REPORT, summary, { ...PLAIN, colour: true });
  assert.ok(text.includes("\x1b[1m1. Nobody listens"));
});

test("formatReport says of a single drop when it was, and not that it goes on", () => {
  const one = { ...finding, count: 1, lastNs: finding.firstNs, ongoing: false };
  const text = formatReport({ ...REPORT, findings: [one] }, summary, PLAIN);
  assert.match(text, /when {6}at 04:04:05, 55\.4 s before the end\n/);
});

test("wrapText keeps every word whole and every line within the width, but for longer words", () => {
  const word = fc.stringMatching(/^[a-z]{1,12}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 20, max: 60 }), (words, width) => {
      const lines = wrapText(words.join(" "), width, "   - ");
      assert.deepEqual(lines.join(" ").replace("- ", "").trim().split(/ +/), words);
      for (const line of lines) assert.ok(line.length <= width, line);
    }),
  );
});
