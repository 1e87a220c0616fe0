/** Who makes the system calls of the functions in this folder. */
import type { Syscalls } from "../sys/syscalls.ts";

export interface SyscallOptions {
  /** By default those of this machine: `libcSyscalls`. */
  readonly sys?: Syscalls | undefined;
}
