/** Where the running kernel keeps its BTF. */
import { readFileSync } from "node:fs";
import { UnsupportedError } from "../errors.ts";
import { Btf } from "./btf.ts";

const DIRECTORY = "/sys/kernel/btf";

/** The kernel's own BTF, or that of a file. An UnsupportedError where there is none. */
export function openKernelBtf(path = `${DIRECTORY}/vmlinux`): Btf {
  return Btf.parse(readBtf(path, "this kernel's BTF"));
}

/** Split BTF of a module that is loaded; undefined where the kernel offers none for it. */
export function openModuleBtf(module: string, base: Btf, directory = DIRECTORY): Btf | undefined {
  try {
    return Btf.parse(readFileSync(`${directory}/${module}`), base);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw failure;
  }
}

function readBtf(path: string, what: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UnsupportedError(`Cannot read ${what} from ${path}: ${(cause as Error).message}`, "BTF", {
      cause,
      since: "5.4",
      hint: "Boot a kernel built with CONFIG_DEBUG_INFO_BTF=y; the kernels of Debian 11, Ubuntu 20.10, RHEL 8.2, Fedora 32 and later are.",
    });
  }
}
