/** Names that processes and cgroups give themselves, in all that is written of their drops. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { RunningCommand } from "../cli/command-line.ts";
import { patient } from "../patience.ts";
import { Cgroup } from "./scenarios/cgroup.ts";
import { nftRule } from "./scenarios/rules.ts";
import { Sender } from "./sender.ts";

/** Of at most 15 bytes: TASK_COMM_LEN. Ends a line, turns the terminal's text red, and asks to be run. */
const COMM = "a\n\x1b[31m$(id)|\u00e9";
/** A cgroup's name has no newline: kernfs. */
const UNIT = "x\x1b]0;title\x07`id`\u202e.service";
const FORMATS = ["table", "bcc", "json"] as const;

test("no name of an owner is written as it is", { timeout: patient(60_000) }, async (t) => {
  using hosts = new Hosts(libcSyscalls);
  using cgroup = new Cgroup("");
  const folder = mkdtempSync(join(tmpdir(), "tcpdrop-hostile-"));
  const path = `${cgroup.path}/${UNIT}`;
  mkdirSync(path);
  t.after(() => rmSync(folder, { recursive: true }));
  // Once the sender has gone.
  using _unit = { [Symbol.dispose]: () => rmdirSync(path) };
  const port = hosts.newPort();
  hosts.listen(4, port);
  nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${port} tcp flags & psh == psh drop`);
  await using sender = await Sender.start(hosts.client, port, COMM);
  assert.equal(readFileSync(`/proc/${sender.pid}/comm`, "utf8"), `${COMM}\n`);
  writeFileSync(`${path}/cgroup.procs`, String(sender.pid));
  const file = join(folder, "events.ndjson");
  const runs: RunningCommand[] = [];
  try {
    for (const format of FORMATS) {
      const where = format === "json" ? ["-w", file] : [];
      const words = ["--netns", String(hosts.client.inode), "--owners", "process", "--report"];
      const run = new RunningCommand([...words, "--format", format, ...where]);
      runs.push(run);
      await run.attached();
    }
    await sender.send();
    await waitFor(() => runs.every(({ stdout }) => stdout.includes(`${port}`)) || undefined, "A row of each");
    for (const run of runs) assert.equal((await run.end("SIGINT")).code, 0, run.stderr);
  } finally {
    for (const run of runs) await run[Symbol.asyncDispose]();
  }
  const written = [...runs.flatMap(({ stdout, stderr }) => [stdout, stderr]), readFileSync(file, "utf8")];
  for (const text of written) assert.match(text, /^[\x20-\x7e\t\n]*$/, JSON.stringify(text));
  const [table, , json] = runs.map(({ stdout }) => stdout);
  assert.match(table ?? "", /a\\x0a\\x1b\[31m\$/);
  const event = JSON.parse(json?.split("\n")[0] ?? "") as Readonly<Record<string, unknown>>;
  assert.deepEqual([event["owner_comm"], event["owner_unit"]], [COMM, UNIT]);
});
