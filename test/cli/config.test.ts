/** Settings from the environment and from the file of --config, in complete runs. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { patient } from "../patience.ts";
import { MAIN } from "./command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "tcpdrop-config-"));
after(() => rmSync(folder, { recursive: true }));
chmodSync(folder, 0o755);

function fileOf(text: string, mode = 0o644): string {
  const path = join(mkdtempSync(join(folder, "of-")), "tcpdrop.toml");
  chmodSync(join(path, ".."), 0o755);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function run(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { SUDO_UID: _uid, SUDO_GID: _gid, ...environment } = process.env;
  return spawnSync(process.execPath, [MAIN, ...words], {
    encoding: "utf8",
    timeout: patient(20_000),
    env: { ...environment, ...env },
  });
}

test("the environment and a file say what to trace, and how", () => {
  const config = fileOf('format = "bcc"\nnetns = "/proc/self/ns/net"\nfilter = "port 4711"\n');
  const { status, stdout, stderr } = run(["--config", config], {
    TCPDROP_DURATION: "50ms",
    TCPDROP_FORMAT: "json",
  });
  assert.equal(status, EXIT.done, stderr);
  assert.match(stdout, /^\{"kind":"summary"|^\{"type":"summary"/m, "the environment goes before the file");
  assert.match(stderr, /filtered/);
});

test("a file is read for every command that has settings, and never without --config", () => {
  const config = fileOf('btf = "/nowhere"\n');
  assert.match(run(["doctor", "--config", config]).stderr, /\/nowhere/);
  assert.equal(run(["doctor"], { TCPDROP_CONFIG: config }).status, EXIT.done);
});

test("an error names the source of a filter, and the command line overrides the environment and a file", () => {
  const config = fileOf('filter = "port htp"\n');
  assert.match(run(["--config", config]).stderr, /"htp" is no port \(\S+tcpdrop\.toml\)\n {2}port htp\n/);
  assert.match(run([], { TCPDROP_FILTER: "port htp" }).stderr, /"htp" is no port \(TCPDROP_FILTER\)/);
  const explained = run(["--explain-filter", "port", "80"], { TCPDROP_FILTER: "port htp" });
  assert.equal(explained.status, EXIT.done, explained.stderr);
});

for (const [title, text] of [
  ["is not TOML", "root:hunter2\n"],
  ["has an unknown key", 'hunter2 = "x"\n'],
  ["has a value that is none", 'buffer = "hunter2"\n'],
  ["has a value of another type", "buffer = { hunter2 = 1 }\n"],
  ["names a namespace that is none", 'netns = "hunter2"\n'],
  ["has a filter that is none", 'filter = "hunter2"\n'],
] as const)
  test(`nothing is shown of a file that only root may read, and that ${title}`, () => {
    const config = fileOf(text, 0o600);
    const { status, stdout, stderr } = run(["--config", config], { SUDO_UID: "65534", SUDO_GID: "65534" });
    assert.equal(status, EXIT.usage, stderr);
    assert.doesNotMatch(stdout + stderr, /hunter/);
    assert.ok(stderr.includes(config), stderr);
    assert.match(run(["--config", config]).stderr, /hunter|illegal character/, "root sees it");
  });

test("an error names the word or the key that may be meant, and the units that there are", () => {
  for (const [text, message] of [
    ['bufer = "64M"', /"bufer" in \S+ is not a setting\nDid you mean buffer/],
    ['format = "jsn"', /is not one of table, bcc, json\nDid you mean format = "json"\?/],
    ['stacks = "al"', /is not a stack policy\nDid you mean stacks = "all"\?/],
    ['buffer = "64X"', /is not a size from 4K to 1G\nGive bytes, or a number with K, M or G: /],
    ["buffer = [1]", /is not a size from 4K to 1G\nGive bytes, or a number with K, M or G: /],
    ['duration = "5min"', /is not a time from .*\nGive a number with ms, s, m or h: /],
    ['[trace]\nbuffer = "1M"', /has the table \[trace\]\nSettings belong to no table/],
  ] as const) {
    const { status, stderr } = run(["--config", fileOf(`${text}\n`), "--explain-filter", "port", "1"]);
    assert.equal(status, EXIT.usage, stderr);
    assert.match(stderr, message);
  }
});
