/**
 * Differences between the emulated machines. KVM can be opened on machines where it then hangs, so it is not
 * used.
 */

export type Architecture = "amd64" | "arm64";

export interface Machine {
  /** QEMU's program, and its arguments. */
  readonly qemu: string;
  readonly options: readonly string[];
  /**
   * The serial ports of the kernel's messages and of the guest's report; QEMU's options for the second.
   */
  readonly console: string;
  readonly results: string;
  readonly resultsPort: (file: string) => readonly string[];
}

const COMMON = [
  "-accel",
  "tcg,thread=multi",
  "-m",
  "1024",
  "-nodefaults",
  "-display",
  "none",
  "-no-reboot",
  "-serial",
  "stdio",
];

export const MACHINES: Readonly<Record<Architecture, Machine>> = {
  amd64: {
    qemu: "qemu-system-x86_64",
    // Of six possible CPUs, two are present: per-CPU maps have more values than CPUs (as on 6.1).
    options: ["-M", "q35", "-cpu", "max", "-smp", "2,maxcpus=6", ...COMMON],
    console: "ttyS0",
    results: "ttyS1",
    resultsPort: (file) => ["-serial", `file:${file}`],
  },
  arm64: {
    qemu: "qemu-system-aarch64",
    // The features of a real CPU: with all of QEMU 7.2's ("max"), Node 20 occasionally ends with SIGSEGV or
    // SIGILL.
    options: ["-M", "virt,gic-version=3", "-cpu", "cortex-a72", "-smp", "2", ...COMMON],
    console: "ttyAMA0",
    // The board has one serial port.
    results: "ttyS0",
    resultsPort: (file) => [
      "-chardev",
      `file,id=results,path=${file}`,
      "-device",
      "pci-serial,chardev=results",
    ],
  },
};
