/**
 * Asks of containers of real runtimes, podman, Docker and containerd with CRI, what they are called.
 *
 * Run as root: npm run test:containers [RUNTIME...]. Needs apt, dpkg-deb, busybox (static), overlayfs, and 300 MB
 * in the cache, $TCPDROP_CACHE or ~/.cache/tcpdrop. Nothing is installed, no network is used but for the
 * packages, and containers, daemons and cgroups are removed again.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { readProcessFacts } from "../../src/host/owner/process-facts.ts";
import { Workloads } from "../../src/host/owner/workloads.ts";
import type { Workload } from "../../src/model/owner.ts";
import { findTargetHere } from "../../src/target/find-target.ts";
import { makeImage } from "./image.ts";
import { unpackRuntimes } from "./packages.ts";
import { RUNTIMES } from "./runtimes.ts";

interface Told {
  readonly pid: number;
  readonly expected: Partial<Workload>;
}

/** Where runtimes make their cgroups. */
const CGROUP_PARENTS = ["libpod_parent", "docker", "kubepods"];
const HIERARCHIES = "/sys/fs/cgroup";

const cache = process.env["TCPDROP_CACHE"] ?? join(homedir(), ".cache/tcpdrop");
const asked = new Set(process.argv.slice(2));
const names = asked.size > 0 ? [...asked] : Object.keys(RUNTIMES);
const packages = unpackRuntimes(cache);
const folder = mkdtempSync(join(tmpdir(), "tcpdrop-containers-"));
const before = cgroupParents();
let failed = 0;
try {
  const archive = makeImage(folder);
  for (const name of names) {
    try {
      await check(name, archive);
    } catch (failure) {
      failed += 1;
      process.stdout.write(
        `not ok ${name}: ${failure instanceof Error ? failure.message : String(failure)}\n`,
      );
    }
  }
} finally {
  for (const path of cgroupParents()) if (!before.includes(path)) await removeEmpty(path);
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`${names.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

async function check(name: string, archive: string): Promise<void> {
  const inside = join(import.meta.dirname, "inside.js");
  const words = ["-m", "-n", process.execPath, inside, name, packages, archive, folder];
  const child = spawn("unshare", words, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  // It may have ended, and then says itself why.
  child.stdin.on("error", () => undefined);
  try {
    const { pid, expected } = await firstLine(child.stdout);
    const start = process.cpuUsage();
    const workload = new Workloads().ofCgroup(readProcessFacts(pid)?.cgroup ?? "", pid);
    const { user, system } = process.cpuUsage(start);
    for (const [field, value] of Object.entries(expected))
      assert.equal(workload?.[field as keyof Workload], value, field);
    await checkTarget(pid, expected);
    process.stdout.write(`ok ${name}: ${JSON.stringify(workload)}, ${(user + system) / 1000} ms of CPU\n`);
  } finally {
    child.stdin.end("\n");
    await exit;
  }
}

/** --for finds it by its name, and traces the namespace that it is in. */
async function checkTarget(pid: number, { container, containerId, pod, podNamespace }: Partial<Workload>) {
  const netns = readProcessFacts(pid)?.netns;
  const named = pod === undefined ? `container:${container}` : `pod:${podNamespace}/${pod}`;
  const byId = containerId === undefined ? [] : [`container:${containerId.slice(0, 12)}`];
  for (const text of [named, ...byId]) {
    const found = await findTargetHere(text);
    assert.ok(netns !== undefined && found.netns?.includes(netns) === true, `${text}: ${found.where}`);
  }
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<Told> {
  for await (const line of createInterface({ input: stream })) return JSON.parse(line) as Told;
  throw new Error("it did not start");
}

function cgroupParents(): readonly string[] {
  const mounts = [HIERARCHIES, ...readdirSync(HIERARCHIES).map((name) => join(HIERARCHIES, name))];
  return mounts.flatMap((mount) => CGROUP_PARENTS.map((name) => join(mount, name))).filter(existsSync);
}

/** A keeper may need a moment more to end than its container. */
async function removeEmpty(path: string): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    try {
      removeTree(path);
      return;
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code !== "EBUSY") throw failure;
      await sleep(100);
    }
  }
  process.stderr.write(`${path} is left: it is in use\n`);
}

/** Cgroups are folders whose files go with them. Nothing is left in them where all was stopped. */
function removeTree(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(path, entry.name));
  rmdirSync(path);
}
