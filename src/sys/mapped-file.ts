/** Maps sysfs files: nothing is copied, while read(2) returns a page at a time. */
import { statSync } from "node:fs";
import { MAP_PRIVATE, O_RDONLY, PROT_READ } from "./macros.ts";
import type { Fd, Syscalls } from "./syscalls.ts";

const mapped = new Map<string, Uint8Array>();

/**
 * The bytes of a file whose length and content never change, mapped once for the life of the process, so that
 * no view can dangle. Undefined if the kernel cannot map it: /sys/kernel/btf/vmlinux can be since Linux 6.16.
 */
export function mapForever(sys: Syscalls, path: string): Uint8Array | undefined {
  const known = mapped.get(path);
  if (known !== undefined) return known;
  const lengthBytes = statSync(path).size;
  if (lengthBytes === 0) return undefined;
  const fd = sys.open(path, O_RDONLY);
  if (fd < 0) return undefined;
  // Private: the kernel's btf_sysfs_vmlinux_mmap() refuses VM_MAYSHARE (kernel/bpf/sysfs_btf.c).
  const address = sys.mmap(lengthBytes, PROT_READ, MAP_PRIVATE, fd as Fd, 0);
  sys.close(fd);
  if (address < 0n) return undefined;
  const bytes = new Uint8Array(sys.viewMemory(address, lengthBytes));
  mapped.set(path, bytes);
  return bytes;
}
