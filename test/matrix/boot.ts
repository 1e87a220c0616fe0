/** Boots one kernel under QEMU in software emulation, and reads what the guest reported. */
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import type { Kernel } from "./kernels.ts";

/** KVM opens on machines where it then hangs, so it is not tried. Of six possible CPUs two are there: per-CPU maps have more values than CPUs (6.1 tells them so). */
const MACHINE = [
  "-M",
  "q35",
  "-accel",
  "tcg,thread=multi",
  "-cpu",
  "max",
  "-smp",
  "2,maxcpus=6",
  "-m",
  "1024",
  "-nodefaults",
  "-display",
  "none",
  "-no-reboot",
];
/** A guest that hangs is ended; the whole suite takes most of this. */
const LONGEST_MS = 3_600_000;

export interface GuestReport {
  readonly text: string;
  /** The guest itself said that it came to its end. */
  readonly ended: boolean;
  readonly tookMs: number;
  /** The kernel's own words, for when it did not. */
  readonly console: string;
}

export async function boot(kernel: Kernel, archives: readonly string[], words: readonly string[]): Promise<GuestReport> {
  const startedMs = performance.now();
  const initrd = `${kernel.root}.initrd`;
  const results = `${kernel.root}.results`;
  rmSync(results, { force: true });
  execFileSync("sh", ["-c", 'out=$0; cat "$@" > "$out"', initrd, ...archives]);
  const append = ["console=ttyS0", "panic=-1", "quiet", ...words].join(" ");
  const guest = ["-kernel", kernel.image, "-initrd", initrd, "-append", append];
  const child = spawn("qemu-system-x86_64", [...MACHINE, ...guest, "-serial", "stdio", "-serial", `file:${results}`], { stdio: ["ignore", "pipe", "pipe"] });
  let console = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (console = (console + chunk.toString("latin1")).slice(-20_000)));
  const timer = setTimeout(() => child.kill("SIGKILL"), LONGEST_MS);
  await new Promise((resolve, reject) => child.once("exit", resolve).once("error", reject));
  clearTimeout(timer);
  const text = readFileSync(results, "utf8").replaceAll("\r\n", "\n");
  rmSync(initrd);
  return { text, ended: /^GUEST-END rc=\d+$/m.test(text), tookMs: performance.now() - startedMs, console };
}
