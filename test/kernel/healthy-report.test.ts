/**
 * What the command line concludes from ordinary traffic of healthy programs: nothing. HEALTHY_SECONDS says for
 * how long; half of that the programs are idle.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Hosts } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { RunningCommand } from "../cli/command-line.ts";
import { patient } from "../patience.ts";
import { traffic } from "./healthy/traffic.ts";

/** One round where nothing is asked for. */
const SECONDS = Number(process.env["HEALTHY_SECONDS"] ?? 0);
const LIMIT = { timeout: patient(60_000) + SECONDS * 1000 };

interface Line {
  readonly type: string;
  readonly class?: string;
  readonly severity?: string;
  readonly headline?: string;
  readonly by_site?: readonly { readonly class: string; readonly count: number }[];
}

function linesOf(stdout: string): readonly Line[] {
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

test("Ordinary traffic leads to no finding, and no row of class loss", LIMIT, async (t) => {
  using hosts = new Hosts(libcSyscalls);
  // The report reads the counters of namespaces that a process leads to, also when the traffic is over.
  const stays = [hosts.client, hosts.server].map((host) => host.inside(() => spawn("sleep", ["infinity"])));
  t.after(() => {
    for (const process of stays) process.kill();
  });
  const netns = [hosts.client, hosts.server].flatMap(({ inode }) => ["--netns", String(inode)]);
  await using command = new RunningCommand([...netns, "--format", "json"]);
  await command.attached();
  const startedMs = performance.now();
  let rounds = 0;
  let connections = 0;
  do {
    const fromMs = performance.now();
    const done = await traffic(hosts, "orderly");
    connections += done.flatMap((each) => Object.values(each)).reduce((sum, count) => sum + count, 0);
    rounds += 1;
    if (SECONDS > 0) await sleep(performance.now() - fromMs);
  } while (performance.now() - startedMs < SECONDS * 1000);
  const { code } = await command.end("SIGINT");
  assert.equal(code, 0, command.stderr);
  const lines = linesOf(command.stdout);
  const summary = lines.at(-1);
  t.diagnostic(
    `${rounds} rounds, ${connections} connections in ${Math.round(performance.now() - startedMs)} ms`,
  );
  t.diagnostic(JSON.stringify(summary));
  assert.equal(summary?.type, "summary");
  assert.match(summary.headline ?? "", /^(No TCP segment was dropped|Nothing (is wrong|wrong was found))/);
  // Needless retransmissions, and a reader that pauses, are mentioned at most.
  const findings = lines.filter(({ type, severity }) => type === "finding" && severity !== "info");
  assert.deepEqual(findings, []);
  const losses = lines.filter(({ class: dropClass }) => dropClass === "loss");
  assert.deepEqual(losses, []);
  assert.deepEqual(
    summary.by_site?.filter(({ class: dropClass }) => dropClass === "loss"),
    [],
    "nor in the totals",
  );
});
