/**
 * Proves that the matrix finds defects: breaks the built program in three ways, one after the other, and each
 * time the guest must fail, which passes with the unbroken program. Only the copy in the guest is broken.
 *
 *     node dist/test/matrix/breakages.js [VERSION]      default: 6.12
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, type GuestReport } from "./boot.ts";
import { CACHE, fetchKernel, KERNELS, type KernelRow, ownFolder } from "./kernels.ts";
import { modulesArchive } from "./modules.ts";
import { type Outcome, readReport } from "./report.ts";
import { rootArchive } from "./root.ts";

interface Breakage {
  readonly what: string;
  readonly file: string;
  /** Must occur exactly once. */
  readonly from: string;
  readonly to: string;
}

const BREAKAGES: readonly Breakage[] = [
  {
    what: "the offset of a field (skc_state) is one byte too far",
    file: "dist/src/bpf/kernel-struct.js",
    from: "const offset = baseOffset + Math.floor(member.offsetBits / 8);",
    to: "const offset = baseOffset + Math.floor(member.offsetBits / 8) + (name === 'skc_state' ? 1 : 0);",
  },
  {
    what: "reasons are counted from another base",
    file: "dist/src/enrich/reason-names.js",
    from: "return { name: this.core.get(code), subsystem:",
    to: "return { name: this.core.get(code + 1), subsystem:",
  },
  {
    what: "two arguments of the tracepoint are swapped (location and reason)",
    file: "dist/src/capture/kinds/drop/tracepoint-arguments.js",
    from: "return { skb, location, reason,",
    to: "return { skb, location: reason ?? location, reason: reason === undefined ? undefined : location,",
  },
];
/** Few scenarios that check everything: reasons, states, locations. */
const TESTS = "^numbers|^scenes";
/**
 * Tests wait in vain for what a broken program does not show, so there is less patience than in the matrix.
 */
const SLOWNESS = 4;

function breakProject(app: string, { file, from, to }: Breakage): void {
  const path = join(app, file);
  const pieces = readFileSync(path, "utf8").split(from);
  if (pieces.length !== 2) throw new Error(`${file} has ${pieces.length - 1} times: ${from}`);
  writeFileSync(path, pieces.join(to));
}

const version = process.argv[2] ?? "6.12";
const row = KERNELS.find((one) => one.version === version);
if (row === undefined) throw new Error(`No such kernel: ${version}`);
const folder = ownFolder();
const kernel = fetchKernel(row);

async function outcomeOf(
  { architecture = "amd64" }: KernelRow,
  breakage?: Breakage,
): Promise<Outcome & Pick<GuestReport, "status">> {
  const root = join(folder, "root.cpio");
  rootArchive(root, architecture, CACHE, (app) => breakage !== undefined && breakProject(app, breakage));
  const report = await boot(
    kernel,
    [root, modulesArchive(kernel)],
    [`guest_tests=${TESTS}`, `guest_slowness=${SLOWNESS}`],
    folder,
  );
  return { ...readReport(report.text), status: report.status };
}

const whole = await outcomeOf(row);
process.stdout.write(`as it is: ${whole.failed.length} failed, ${whole.passed} passed\n`);
let found = 0;
for (const breakage of BREAKAGES) {
  const { passed, failed } = await outcomeOf(row, breakage);
  const few = failed.slice(0, 3).map(({ name }) => name);
  if (failed.length > 0) found += 1;
  process.stdout.write(
    `${breakage.what}: ${failed.length > 0 ? "found" : "NOT FOUND"}, ${failed.length} failed, ${passed} passed: ${few.join("; ")}\n`,
  );
}
process.exitCode =
  whole.status === 0 && whole.failed.length === 0 && whole.passed > 0 && found === BREAKAGES.length ? 0 : 1;
