/** Boots one kernel under QEMU in software emulation, and reads what the guest reported. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ended } from "./children.ts";
import type { Kernel } from "./kernels.ts";
import { MACHINES } from "./machine.ts";

/** A guest that hangs is ended: the whole suite takes most of an hour, a share a quarter of one without KVM. */
const LONGEST_MS = process.env["MATRIX_WHOLE"] === undefined ? 2_400_000 : 3_600_000;

export interface GuestReport {
  readonly text: string;
  /** The guest's own exit code of its tests; undefined if it did not finish. */
  readonly status: number | undefined;
  readonly tookMs: number;
  /** The kernel's messages, for when it did not. */
  readonly console: string;
}

/** `folder` belongs to this run. */
export async function boot(
  kernel: Kernel,
  archives: readonly string[],
  words: readonly string[],
  folder: string,
): Promise<GuestReport> {
  const startedMs = performance.now();
  const machine = MACHINES[kernel.row.architecture ?? "amd64"];
  const initrd = join(folder, `${kernel.release}.initrd`);
  const results = join(folder, `${kernel.release}.results`);
  execFileSync("sh", ["-c", 'out=$0; cat "$@" > "$out"', initrd, ...archives]);
  const append = [
    `console=${machine.console}`,
    `guest_results=${machine.results}`,
    "panic=-1",
    "quiet",
    ...words,
  ].join(" ");
  const guest = ["-kernel", kernel.image, "-initrd", initrd, "-append", append];
  const child = spawn(machine.qemu, [...machine.options, ...guest, ...machine.resultsPort(results)], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let console = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (console = (console + chunk.toString("latin1")).slice(-20_000)));
  await ended(child, LONGEST_MS);
  rmSync(initrd);
  const text = existsSync(results) ? readFileSync(results, "utf8").replaceAll("\r\n", "\n") : "";
  // To be read after the run.
  writeFileSync(`${kernel.root}.results`, text);
  const status = /^GUEST-END rc=(\d+)$/m.exec(text)?.[1];
  return {
    text,
    status: status === undefined ? undefined : Number(status),
    tookMs: performance.now() - startedMs,
    console,
  };
}
