import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { dropWith } from "../../test/drop-facts.ts";
import { finding, fullDrop, summary } from "../../test/golden/sample-events.ts";
import { formatReport } from "../sinks/report-text.ts";
import { commandText } from "./command-text.ts";
import { withNames } from "./with-names.ts";

/** What a shell reads in the text. */
function read(text: string): string {
  return execFileSync("sh", ["-c", `printf '%s' ${text}`], { encoding: "utf8" });
}

const HOSTILE = [
  "a'$(id)'b",
  "it's",
  "$(id)",
  "`id`",
  "a b",
  "; id",
  "a\\b",
  "'\\''$(id)",
  "*",
  "~",
  '"',
  "-rf",
];

for (const name of HOSTILE)
  test(`a command with the name ${name} is read from the report as that word, or is not there`, () => {
    const next = commandText(["echo", name], undefined);
    const { action } = withNames({ action: "echo IFACE" }, dropWith(fullDrop, { ifname: name }));
    const report = {
      startedNs: 0n,
      endedNs: 1n,
      headline: "",
      findings: [{ ...finding, next: next === undefined ? [] : [next], advice: [{ action }] }],
      notEvaluated: [],
      owners: [],
    };
    const shown = formatReport(report, summary, { columns: 200, colour: false, all: false });
    const words = [...shown.matchAll(/^ {3}(?:do|next) +echo (.*)$/gm)].map(([, text]) => text ?? "");
    assert.equal(words.length, next === undefined ? 1 : 2);
    for (const text of words) assert.ok([name, "IFACE"].includes(read(text)), text);
  });

test("withNames has the dots of an interface's name as slashes in a sysctl's name", () => {
  const advice = { action: "tcpdump -i IFACE; sysctl net.ipv4.conf.IFACE.rp_filter=2" };
  const { action } = withNames(advice, dropWith(fullDrop, { ifname: "eth0.100" }));
  assert.equal(action, "tcpdump -i eth0.100; sysctl net.ipv4.conf.eth0/100.rp_filter=2");
});
