/**
 * Boots other kernels and runs the tests with real drops in them.
 *
 *     npm run test:matrix [-- VERSION...]      the required rows, or those named: 6.1 6.12
 *     MATRIX_WHOLE=1                           every test file, and every scenario in each of its ways: the better part of an hour a kernel
 *     MATRIX_TESTS=scenarios                   only test files whose name matches
 *     npm run test:matrix -- --write [VERSION...]      also writes the table of docs/compatibility.md; all rows, unless some are named
 *
 * Needs apt, dpkg-deb, qemu-system-x86_64, busybox, cpio, kmod and xz: tools/install-test-tools.sh brings them. Root is not needed.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { boot } from "./boot.ts";
import { CACHE, fetchKernel, KERNELS, type KernelRow } from "./kernels.ts";
import { modulesArchive } from "./modules.ts";
import { type Outcome, readReport } from "./report.ts";
import { rootArchive } from "./root.ts";
import { type Result, writeTable } from "./table.ts";

/** At a time: each has two processors. */
const GUESTS = 2;
/** What must run on every change: a share of the scenarios, and one file for each thing that kernels do differently. */
const QUICK = "scenarios/scenarios|numbers|each-refused|refused-syns|packet-socket|filters|written";
const SHARES = 6;

async function runRow(row: KernelRow, root: string): Promise<Result> {
  let kernel: ReturnType<typeof fetchKernel>;
  try {
    kernel = fetchKernel(row);
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure);
    process.stdout.write(`${row.version}: could not be had: ${why}\n`);
    return { row, good: !row.required, why };
  }
  const report = await boot(kernel, [root, modulesArchive(kernel)], guestWords(row));
  const outcome = readReport(report.text);
  const good = report.ended && outcome.failed.length === 0 && outcome.passed > 0;
  const tookS = Math.round(report.tookMs / 1000);
  printRow(`${row.version} (${kernel.release})`, good, tookS, outcome);
  if (!report.ended) process.stdout.write(`    the guest did not come to its end; its last words:\n${report.console.slice(-2000)}\n`);
  return { row, good, release: kernel.release, tookS, outcome };
}

function guestWords(row: KernelRow): readonly string[] {
  const tests = process.env["MATRIX_TESTS"];
  if (process.env["MATRIX_WHOLE"] !== undefined) return tests === undefined ? [] : [`guest_tests=${tests}`];
  return [`guest_tests=${tests ?? QUICK}`, `guest_share=${KERNELS.indexOf(row) % SHARES}/${SHARES}`];
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
const root = join(CACHE, "root.cpio");
rootArchive(root);
const left = [...rows];
const results: Result[] = [];
async function worker(): Promise<void> {
  for (let row = left.shift(); row !== undefined; row = left.shift()) results.push(await runRow(row, root));
}
const startedMs = performance.now();
await Promise.all(Array.from({ length: GUESTS }, worker));
process.stdout.write(`${results.length} kernels in ${Math.round((performance.now() - startedMs) / 1000)} s\n`);
if (writes) writeTable(results);
process.exitCode = results.every(({ good }) => good) ? 0 : 1;
