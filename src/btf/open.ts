/** Opens BTF: of the running kernel, its modules, or a file. */
import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { DecodeError, UnsupportedError, UsageError } from "../errors.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { mapForever } from "../sys/mapped-file.ts";
import { Btf } from "./btf.ts";

const DIRECTORY = "/sys/kernel/btf";
const VMLINUX = `${DIRECTORY}/vmlinux`;

let running: Btf | undefined;

/**
 * The kernel's own BTF, or a file's. An UnsupportedError if there is none. The running kernel's is read once:
 * it never changes.
 *
 * @example
 * ```ts
 * import { openKernelBtf } from "tcpdrop/ebpf";
 *
 * console.log(openKernelBtf().find("sk_buff", "struct")?.name);
 * // prints: sk_buff
 * ```
 */
export function openKernelBtf(path = VMLINUX): Btf {
  if (path !== VMLINUX) return read(path, readFileSync, noBtf);
  // Only sysfs is mapped: another file may shrink under its mapping, and the next read would kill the
  // process.
  running ??= read(path, () => mapForever(libcSyscalls, path) ?? readFileSync(path), noneHere);
  return running;
}

/** `explain` turns a failure into the error to throw. */
function read(
  path: string,
  bytesOf: (path: string) => Uint8Array,
  explain: (cause: unknown, path: string) => unknown,
): Btf {
  try {
    return Btf.parse(bytesOf(path));
  } catch (cause) {
    throw explain(cause, path);
  }
}

/**
 * BTF of a file that the user says is this kernel's. A UsageError if it differs from the kernel's own, which
 * is at `own` if anywhere.
 */
export function openBtfOfFile(path: string, own = VMLINUX): Btf {
  const btf = openKernelBtf(path);
  if (existsSync(own) && !readFileSync(own).equals(readFileSync(path)))
    throw new UsageError(`The BTF in ${path} is not this kernel's: it differs from ${own}`, {
      hint: "Omit --btf: the kernel has its own.",
    });
  return btf;
}

/**
 * Split BTF of a loaded module, on top of the kernel's; undefined if the kernel has none for it. Since Linux
 * 5.11.
 *
 * @example
 * ```ts
 * import { openKernelBtf, openModuleBtf } from "tcpdrop/ebpf";
 *
 * console.log(openModuleBtf("no_such_module", openKernelBtf()));
 * // prints: undefined
 * ```
 */
export function openModuleBtf(module: string, base: Btf, directory = DIRECTORY): Btf | undefined {
  try {
    return Btf.parse(readFileSync(`${directory}/${module}`), base);
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return undefined;
    throw unreadable(cause, `the BTF of module ${module}`);
  }
}

function noneHere(cause: unknown, path: string): unknown {
  return unreadable(cause, `this kernel's BTF from ${path}`, notMounted(cause, path));
}

/** A hint where all of sysfs is missing: then the kernel may well have BTF. */
function notMounted(cause: unknown, path: string): string | undefined {
  const sysfs = dirname(dirname(dirname(path)));
  if (systemCode(cause) !== "ENOENT" || existsSync(`${sysfs}/kernel`)) return undefined;
  return (
    `sysfs is not mounted at ${sysfs}, as in a container: mount -t sysfs sysfs ${sysfs}, give the container ` +
    "/sys/kernel/btf of its host (docker run -v /sys/kernel/btf:/sys/kernel/btf:ro), or name a copy with --btf FILE."
  );
}

/** For a file that the user named: the error names that file, whatever is wrong. */
function noBtf(cause: unknown, path: string): unknown {
  if (!(cause instanceof DecodeError) && systemCode(cause) === undefined) return cause;
  const hint = "It must be a kernel's BTF, such as a copy of /sys/kernel/btf/vmlinux.";
  return new UsageError(`Cannot read BTF from ${path}: ${(cause as Error).message}`, { cause, hint });
}

const NO_BTF =
  "Boot a kernel built with CONFIG_DEBUG_INFO_BTF=y, as those of Debian 11, Ubuntu 20.10, RHEL 8.2, " +
  "Fedora 32 and later are. If the file is somewhere else, name it with --btf FILE.";

/** The error to throw; a DecodeError for bad bytes stays one. */
function unreadable(cause: unknown, what: string, hint = NO_BTF): unknown {
  if (systemCode(cause) === undefined) return cause;
  return new UnsupportedError(`Cannot read ${what}: ${(cause as Error).message}`, "BTF", {
    cause,
    since: "5.4",
    hint,
  });
}

/**
 * "ENOENT" and the like; undefined if no system call failed. DecodeError has a `code` too, but no `syscall`.
 */
function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "syscall" in error ? (error as NodeJS.ErrnoException).code : undefined;
}
