/**
 * Boots other kernels and runs the tests with real drops in them.
 *
 *     npm run test:matrix [-- VERSION...]      the required rows, or those named: 6.1 6.12
 *     MATRIX_WHOLE=1                           every scenario in each of its ways; else each in one of them
 *     MATRIX_TESTS=scenarios                   only test files whose name matches
 *
 * Needs apt, dpkg-deb, qemu-system-x86_64, busybox, cpio, kmod and xz: tools/install-test-tools.sh brings them. Root is not needed.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { boot } from "./boot.ts";
import { CACHE, fetchKernel, KERNELS, type KernelRow } from "./kernels.ts";
import { modulesArchive } from "./modules.ts";
import { readReport } from "./report.ts";
import { rootArchive } from "./root.ts";

/** At a time: each has two processors. */
const GUESTS = 2;

async function runRow(row: KernelRow, root: string): Promise<boolean> {
  let kernel: ReturnType<typeof fetchKernel>;
  try {
    kernel = fetchKernel(row);
  } catch (failure) {
    process.stdout.write(`${row.version}: could not be had: ${failure instanceof Error ? failure.message : String(failure)}\n`);
    return !row.required;
  }
  const tests = process.env["MATRIX_TESTS"];
  const words = [...(tests === undefined ? [] : [`guest_tests=${tests}`]), ...(process.env["MATRIX_WHOLE"] === undefined ? [] : ["guest_whole=1"])];
  const report = await boot(kernel, [root, modulesArchive(kernel)], words);
  const { passed, failed, skipped } = readReport(report.text);
  const good = report.ended && failed.length === 0 && passed > 0;
  process.stdout.write(
    `${row.version} (${kernel.release}): ${good ? "passed" : "FAILED"}: ${passed} passed, ${failed.length} failed, ${skipped.length} skipped, ${Math.round(report.tookMs / 1000)} s\n`,
  );
  for (const name of failed) process.stdout.write(`    not ok ${name}\n`);
  for (const name of skipped) process.stdout.write(`    skipped ${name}\n`);
  if (!report.ended) process.stdout.write(`    the guest did not come to its end; its last words:\n${report.console.slice(-2000)}\n`);
  return good;
}

const named = process.argv.slice(2);
const rows = KERNELS.filter(({ version, required }) => (named.length === 0 ? required : named.includes(version)));
if (rows.length === 0) throw new Error(`No such kernel; there are ${KERNELS.map(({ version }) => version).join(", ")}`);
mkdirSync(CACHE, { recursive: true });
const root = join(CACHE, "root.cpio");
rootArchive(root);
const left = [...rows];
let allGood = true;
async function worker(): Promise<void> {
  for (let row = left.shift(); row !== undefined; row = left.shift()) allGood = (await runRow(row, root)) && allGood;
}
await Promise.all(Array.from({ length: GUESTS }, worker));
process.exitCode = allGood ? 0 : 1;
