/**
 * Boots other kernels and runs the tests with real drops in them.
 *
 *     npm run test:matrix [-- VERSION...]      the required rows, or these: own 6.1 6.12-arm64; "own" needs root
 *     --guests                                 of the required rows those that are booted: the whole suite ran here
 *     MATRIX_WHOLE=1                           every test file, and every variant of each scenario: up to an hour per kernel
 *     MATRIX_SHARE=0/1                         another share of the scenarios: here all, in one variant each
 *     SCENARIOS=tcp/                           only scenarios whose name matches
 *     MATRIX_TESTS=scenarios                   only test files whose name matches
 *     npm run test:matrix -- --write           all rows, and the table of docs/compatibility.md
 *
 * Needs apt, dpkg-deb, qemu-system-x86_64 (for arm64 qemu-system-aarch64, and npm), busybox, cpio, kmod and
 * xz: tools/install-test-tools.sh installs them.
 */
import { release } from "node:os";
import { join } from "node:path";
import { boot, type GuestReport } from "./boot.ts";
import { runHere } from "./here.ts";
import { CACHE, fetchKernel, KERNELS, type KernelRow, OWN, ownFolder } from "./kernels.ts";
import type { Architecture } from "./machine.ts";
import { modulesArchive } from "./modules.ts";
import { type Outcome, readReport } from "./report.ts";
import { rootArchive } from "./root.ts";
import { type Result, writeTable } from "./table.ts";

/** Guests at a time: each has two processors. */
const GUESTS = 2;
/**
 * Run on every change: a share of the scenarios, and a file for each thing in which kernels differ, as what is read of
 * them or what is attached to. Each file costs a guest 20 times its CPU time here, so that what is the same in all
 * kernels (clean-up, numbers, filters of namespaces) is only in MATRIX_WHOLE; of interface names filter-expressions is
 * here, and of owners what reads the kernel's structs.
 */
const QUICK = [
  "scenarios/scenarios",
  "options",
  "packet-bytes",
  "closed-listener",
  "tcp-drop",
  "each-refused",
  "refused-syns",
  "packet-socket",
  "filter-expressions",
  "late-module",
  "owner-section",
  "owner-walks",
];
const SHARES = 24;
/** Steps of a guest whose seconds are printed. */
const SLOWEST = 15;

async function runRow(row: KernelRow): Promise<Result> {
  if (row === OWN) return resultOf(row, release(), await runHere(guestWords(row)));
  let kernel: ReturnType<typeof fetchKernel>;
  let archives: readonly string[];
  try {
    kernel = fetchKernel(row);
    archives = [rootFor(row.architecture ?? "amd64"), modulesArchive(kernel)];
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure);
    process.stdout.write(`${row.version}: could not be had: ${why}\n`);
    return { row, good: !(row.required || named.includes(row.version)), why };
  }
  return resultOf(row, kernel.release, await boot(kernel, archives, guestWords(row), folder));
}

function resultOf(row: KernelRow, release: string, report: GuestReport): Result {
  const outcome = readReport(report.text);
  const good = report.status === 0 && outcome.failed.length === 0 && outcome.passed > 0;
  const tookS = Math.round(report.tookMs / 1000);
  printRow(`${row.version} (${release})`, good, tookS, outcome);
  if (report.status === undefined)
    process.stdout.write(
      `    the guest did not come to its end; its last words:\n${report.console.slice(-2000)}\n`,
    );
  return { row, good, release, tookS, outcome };
}

function refuse(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(2);
}

const roots = new Map<Architecture, string>();

/** Made once per run, because the build changes. */
function rootFor(architecture: Architecture): string {
  const made = roots.get(architecture);
  if (made !== undefined) return made;
  const archive = join(folder, `root-${architecture}.cpio`);
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
  return [`guest_tests=${tests ?? `^(${QUICK.join("|")})[.]`}`, `guest_share=${share}`];
}

function printRow(
  name: string,
  good: boolean,
  tookS: number,
  { passed, failed, skipped, steps }: Outcome,
): void {
  const counts = `${passed} passed, ${failed.length} failed, ${skipped.length} skipped`;
  process.stdout.write(`${name}: ${good ? "passed" : "FAILED"}: ${counts}, ${tookS} s, the slowest steps:\n`);
  for (const step of steps.toSorted((a, b) => b.tookS - a.tookS).slice(0, SLOWEST))
    process.stdout.write(`${String(step.tookS).padStart(6)} s  ${step.name}\n`);
  for (const { name, why } of failed)
    for (const line of [`not ok ${name}`, ...why.map((said) => `  ${said}`)])
      process.stdout.write(`    ${line}\n`);
  for (const test of skipped) process.stdout.write(`    skipped ${test}\n`);
}

const writes = process.argv.includes("--write");
const guestsOnly = process.argv.includes("--guests");
const named = process.argv.slice(2).filter((word) => word !== "--write" && word !== "--guests");
const unknown = named.filter((word) => KERNELS.every(({ version }) => version !== word));
if (unknown.length > 0)
  refuse(
    `No row is called ${unknown.join(" or ")}; there are ${KERNELS.map(({ version }) => version).join(", ")}`,
  );
// The table is about the same tests in all rows.
const chosen = ["MATRIX_TESTS", "SCENARIOS"].filter((name) => process.env[name] !== undefined);
if (writes && named.length + chosen.length > 0) refuse("--write runs all rows, and all tests of them");
const rows = KERNELS.filter(({ version, required }) =>
  named.length === 0 ? required || writes : named.includes(version),
).filter((row) => row !== OWN || !guestsOnly);
const folder = ownFolder();
// This machine's own programs are not fetched: a failure there does not mean that a kernel is unavailable.
if (rows.some((row) => row !== OWN && row.architecture === undefined)) rootFor("amd64");
const startedMs = performance.now();
const results: Result[] = [];
// By itself, because its times are not those of emulation.
if (rows.includes(OWN)) results.push(await runRow(OWN));
const left = rows.filter((row) => row !== OWN);
async function worker(): Promise<void> {
  for (let row = left.shift(); row !== undefined; row = left.shift()) results.push(await runRow(row));
}
await Promise.all(Array.from({ length: GUESTS }, worker));
process.stdout.write(
  `${results.length} kernels in ${Math.round((performance.now() - startedMs) / 1000)} s\n`,
);
if (writes) writeTable(results);
process.exitCode = results.every(({ good }) => good) ? 0 : 1;
