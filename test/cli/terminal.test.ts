/** What a run writes to a terminal, provided by script(1). */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { Hosts } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { patient } from "../patience.ts";
import { MAIN } from "./command-line.ts";

/** Only the stdout of a run with these words on a terminal. */
function onTerminal(words: readonly string[]): string {
  using hosts = new Hosts(libcSyscalls);
  const command = [process.execPath, MAIN, "--netns", String(hosts.server.inode), ...words, "2>/dev/null"];
  const { stdout, stderr, status } = spawnSync("script", ["-qec", command.join(" "), "/dev/null"], {
    encoding: "utf8",
    timeout: patient(20_000),
    env: { ...process.env, NO_COLOR: "" },
  });
  assert.equal(status, 0, stderr);
  return stdout.replaceAll("\r", "");
}

test("--summary --format json writes only JSON lines on a terminal too", () => {
  const lines = onTerminal(["--summary=100ms", "--format", "json", "--duration", "350ms"])
    .split("\n")
    .filter((line) => line !== "");
  const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);
  assert(types.includes("totals"), types.join());
  assert.equal(types.at(-1), "summary");
});

test("--summary replaces its table on a terminal", () => {
  const text = onTerminal(["--summary=100ms", "--duration", "350ms"]);
  const tables = text.split("\x1b[H\x1b[J").slice(1);
  assert(tables.length >= 3);
  for (const table of tables) assert.match(table, /^\d\d:\d\d:\d\d/);
});
