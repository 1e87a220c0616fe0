import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { commandText, looksLikeOption, shellWord } from "./command-text.ts";
import { netnsEvidence } from "./incidents.test.kit.ts";

test("shellWord leaves plain words, and quotes the rest so that a shell reads them back", () => {
  for (const word of ["ss", "-ltn", "192.0.2.1:80", "2001:db8::1", "a/b", "eth0@if3"])
    assert.equal(shellWord(word), word);
  for (const word of ["", "sport = :80", "a'b", "$(id)", "`id`", "*", "~", "a=b", "x;y", "#", '"']) {
    const quoted = shellWord(word);
    if (word === "") continue;
    const { stdout } = spawnSync("sh", ["-c", `printf %s ${quoted}`], { encoding: "utf8" });
    assert.equal(stdout, word);
  }
});

test("shellWord has no text for what cannot be shown", () => {
  for (const word of ["", "\x1b[2J", "a\nb", "\u202e", "\x7f", "é", "a\\b"])
    assert.equal(shellWord(word), undefined);
});

test("commandText enters the namespace", () => {
  assert.equal(
    commandText(["ss", "-ltn", "sport = :80"], netnsEvidence()),
    "ip netns exec web ss -ltn 'sport = :80'",
  );
  assert.equal(
    commandText(["ss"], netnsEvidence({ name: undefined, enter: ["nsenter", "-t", "7", "-n"] })),
    "nsenter -t 7 -n ss",
  );
  assert.equal(commandText(["ss"], netnsEvidence({ enter: [] })), "ss");
  assert.equal(commandText(["ss"], undefined), "ss");
  assert.equal(commandText(["tcpdrop", "explain", "TCP_CSUM"], netnsEvidence()), "tcpdrop explain TCP_CSUM");
});

test("commandText has none where no way leads in, or a word cannot be written", () => {
  assert.equal(commandText(["ss"], netnsEvidence({ enter: undefined })), undefined);
  assert.equal(commandText(["ss", "a\nb"], netnsEvidence()), undefined);
  assert.equal(
    commandText(["ss"], netnsEvidence({ name: "-x", enter: ["ip", "netns", "exec", "-x"] })),
    undefined,
  );
});

test("looksLikeOption knows names that a program would take for an option", () => {
  assert.deepEqual(["-x", "--dev", "x-", "eth0"].map(looksLikeOption), [true, true, false, false]);
});
