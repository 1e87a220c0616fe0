/**
 * Boots other kernels and runs the tests with real drops in them.
 *
 *     npm run test:matrix [-- VERSION...]      the required rows, or those named: own 6.1 6.12-arm64; "own" is this machine's kernel, which needs root
 *     MATRIX_WHOLE=1                           every test file, and every scenario in each of its ways: the better part of an hour a kernel
 *     MATRIX_SHARE=0/1                         another share of the scenarios than the row's own: here all of them, each in one of its ways
 *     SCENARIOS=tcp/                           only scenarios whose name matches
 *     MATRIX_TESTS=scenarios                   only test files whose name matches
 *     npm run test:matrix -- --write [VERSION...]      also writes the table of docs/compatibility.md; all rows, unless some are named
 *
 * Needs apt, dpkg-deb, qemu-system-x86_64 (for arm64 qemu-system-aarch64, and npm), busybox, cpio, kmod and xz: tools/install-test-tools.sh brings them.
 */
import { mkdirSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { boot, type GuestReport } from "./boot.ts";
import { runHere } from "./here.ts";
import { CACHE, fetchKernel, KERNELS, type KernelRow, OWN } from "./kernels.ts";
import type { Architecture } from "./machine.ts";
import { modulesArchive } from "./modules.ts";
import { type Outcome, readReport } from "./report.ts";
import { rootArchive } from "./root.ts";
import { type Result, writeTable } from "./table.ts";

/** At a time: each has two processors. */
const GUESTS = 2;
/** What must run on every change: a share of the scenarios, and one file for each thing that kernels do differently. */
const QUICK = "scenarios/scenarios|numbers|each-refused|refused-syns|packet-socket|filters|filter-expressions|written|clean-up";
const SHARES = 12;

async function runRow(row: KernelRow): Promise<Result> {
  if (row === OWN) return told(row, release(), await runHere(guestWords(row)));
  let kernel: ReturnType<typeof fetchKernel>;
  let root: string;
  try {
    root = rootFor(row.architecture ?? "amd64");
    kernel = fetchKernel(row);
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure);
    process.stdout.write(`${row.version}: could not be had: ${why}\n`);
    return { row, good: !row.required, why };
  }
  return told(row, kernel.release, await boot(kernel, [root, modulesArchive(kernel)], guestWords(row)));
}

function told(row: KernelRow, release: string, report: GuestReport): Result {
  const outcome = readReport(report.text);
  const good = report.ended && outcome.failed.length === 0 && outcome.passed > 0;
  const tookS = Math.round(report.tookMs / 1000);
  printRow(`${row.version} (${release})`, good, tookS, outcome);
  if (!report.ended) process.stdout.write(`    the guest did not come to its end; its last words:\n${report.console.slice(-2000)}\n`);
  return { row, good, release, tookS, outcome };
}

const roots = new Map<Architecture, string>();

/** Made once a run: what is built changes. */
function rootFor(architecture: Architecture): string {
  const made = roots.get(architecture);
  if (made !== undefined) return made;
  const archive = join(CACHE, `root-${architecture}.cpio`);
  rootArchive(archive, architecture, CACHE);
  roots.set(architecture, archive);
  return archive;
}

function guestWords(row: KernelRow): readonly string[] {
  const scenarios = process.env["SCENARIOS"];
  return [...choice(row), ...(scenarios === undefined ? [] : [`SCENARIOS=${scenarios}`])];
}

/** Which tests, and which scenarios of them. */
function choice(row: KernelRow): readonly string[] {
  const tests = process.env["MATRIX_TESTS"];
  if (process.env["MATRIX_WHOLE"] !== undefined) return tests === undefined ? [] : [`guest_tests=${tests}`];
  const share = process.env["MATRIX_SHARE"] ?? `${KERNELS.indexOf(row) % SHARES}/${SHARES}`;
  return [`guest_tests=${tests ?? QUICK}`, `guest_share=${share}`];
}

function printRow(name: string, good: boolean, tookS: number, { passed, failed, skipped, steps }: Outcome): void {
  const counts = `${passed} passed, ${failed.length} failed, ${skipped.length} skipped`;
  const slowest = steps.toSorted((a, b) => b.tookS - a.tookS).slice(0, 3);
  process.stdout.write(`${name}: ${good ? "passed" : "FAILED"}: ${counts}, ${tookS} s (${slowest.map((one) => `${one.name} ${one.tookS} s`).join(", ")})\n`);
  for (const test of failed) process.stdout.write(`    not ok ${test}\n`);
  for (const test of skipped) process.stdout.write(`    skipped ${test}\n`);
}

const writes = process.argv.includes("--write");
const named = process.argv.slice(2).filter((word) => word !== "--write");
const rows = KERNELS.filter(({ version, required }) => (named.length === 0 ? required || writes : named.includes(version)));
if (rows.length === 0) throw new Error(`No such kernel; there are ${KERNELS.map(({ version }) => version).join(", ")}`);
mkdirSync(CACHE, { recursive: true });
// This machine's own programs are not fetched: a failure there is no kernel that could not be had.
if (rows.some((row) => row !== OWN && row.architecture === undefined)) rootFor("amd64");
const startedMs = performance.now();
const results: Result[] = [];
// Alone, for its time is not an emulation's.
if (rows.includes(OWN)) results.push(await runRow(OWN));
const left = rows.filter((row) => row !== OWN);
async function worker(): Promise<void> {
  for (let row = left.shift(); row !== undefined; row = left.shift()) results.push(await runRow(row));
}
await Promise.all(Array.from({ length: GUESTS }, worker));
process.stdout.write(`${results.length} kernels in ${Math.round((performance.now() - startedMs) / 1000)} s\n`);
if (writes) writeTable(results);
process.exitCode = results.every(({ good }) => good) ? 0 : 1;
