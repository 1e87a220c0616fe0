/**
 * RLIMIT_MEMLOCK: kernels before 5.11 charge maps and programs to it, and it is 64 KiB unless somebody raised
 * it (bpf_charge_memlock(), kernel/bpf/syscall.c of 5.10). Later ones charge the memory cgroup and ignore the
 * limit.
 *
 * Whether it matters is found by trying: the limit, this process's own, is raised only after an EPERM.
 */
import { PermissionError } from "../errors.ts";
import { ERRNO } from "../sys/errno.ts";
import { OwnedFd } from "../sys/fd.ts";
import { RLIM_INFINITY, RLIMIT_MEMLOCK } from "../sys/macros.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import * as uapi from "../sys/uapi.gen.ts";

/** The result of `attempt`, repeated once with a raised limit if it got EPERM and the limit can be raised. */
export function withMemlockRaised(sys: Syscalls, attempt: () => number): number {
  const result = attempt();
  if (result !== -ERRNO.EPERM) return result;
  return sys.setrlimit(RLIMIT_MEMLOCK, RLIM_INFINITY, RLIM_INFINITY) < 0 ? result : attempt();
}

/**
 * The error for an EPERM that is due to the limit: a map of 8 bytes can be created, so the rights are there,
 * but not the room. Undefined if the rights are missing.
 */
export function memlockError(sys: Syscalls, errno: number, what: string): PermissionError | undefined {
  if (errno !== ERRNO.EPERM || !canMakeTinyMap(sys)) return undefined;
  return new PermissionError(
    `${what}: it exceeds RLIMIT_MEMLOCK, which this kernel charges it to, and the limit cannot be raised`,
    ["CAP_SYS_RESOURCE"],
    {
      hint:
        "Run `ulimit -l unlimited` as root first, give the process CAP_SYS_RESOURCE, or use a smaller --buffer. " +
        "Since Linux 5.11 the limit does not matter.",
    },
  );
}

function canMakeTinyMap(sys: Syscalls): boolean {
  const attr = uapi.bpfAttrMapCreate.encode({
    mapType: uapi.BPF_MAP_TYPE_ARRAY,
    keySize: 4,
    valueSize: 8,
    maxEntries: 1,
  });
  const fd = sys.bpf(uapi.BPF_MAP_CREATE, attr);
  if (fd < 0) return false;
  new OwnedFd(sys, fd, "map")[Symbol.dispose]();
  return true;
}
