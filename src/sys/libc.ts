/**
 * Syscalls through koffi. Only this folder imports koffi.
 *
 * Structs are passed as our own bytes behind `void *`, because koffi's type names are process-wide. `syscall`
 * is declared once for each arity. errno is read in the same line as the call.
 */
import { isMainThread } from "node:worker_threads";
import koffi from "koffi";
import { ERRNO } from "./errno.ts";
import { NR_BPF, NR_PERF_EVENT_OPEN, O_CLOEXEC } from "./macros.ts";
import type { Syscalls, Watch } from "./syscalls.ts";
import { watchByAsking } from "./timed-watch.ts";

const libc = koffi.load(null);

// long syscall(long number, ...);
const syscallBpf = libc.func("long syscall(long number, int command, void *attr, unsigned int size)");
const syscallPerfEventOpen = libc.func(
  "long syscall(long number, void *attr, int pid, int cpu, int group, unsigned long flags)",
);
// void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset);
const mmap = libc.func(
  "intptr_t mmap(uintptr_t addr, size_t length, int prot, int flags, int fd, int64_t offset)",
);
// int munmap(void *addr, size_t length);
const munmap = libc.func("int munmap(uintptr_t addr, size_t length)");
// int poll(struct pollfd *fds, nfds_t nfds, int timeout);
const poll = libc.func("int poll(void *fds, unsigned long count, int timeout)");
// int ioctl(int fd, unsigned long request, ...);
const ioctlInteger = libc.func("int ioctl(int fd, unsigned long request, uintptr_t argument)");
const ioctlPointer = libc.func("int ioctl(int fd, unsigned long request, void *argument)");
// int setrlimit(int resource, const struct rlimit *rlim);
const setrlimit = libc.func("int setrlimit(int resource, void *limits)");
// int close(int fd);
const close = libc.func("int close(int fd)");
// int setns(int fd, int nstype);
const setns = libc.func("int setns(int fd, int nstype)");
// int unshare(int flags);
const unshare = libc.func("int unshare(int flags)");
// int open(const char *pathname, int flags, ...);
const open = libc.func("int open(const char *path, int flags)");
// int open_by_handle_at(int mount_fd, struct file_handle *handle, int flags);
const openByHandleAt = libc.func("int open_by_handle_at(int mount_fd, void *handle, int flags)");
// int clock_gettime(clockid_t clockid, struct timespec *tp);
const clockGettime = libc.func("int clock_gettime(int clock, void *time)");
// int getpagesize(void);
const getpagesize = libc.func("int getpagesize()");

/** The result, or minus errno. */
function orErrno(result: number | bigint): number {
  return result === -1 || result === -1n ? -koffi.errno() : Number(result);
}

const pollfd = new Int32Array(2);
const pollfdShorts = new Uint16Array(pollfd.buffer);
const timespec = new BigInt64Array(2);

/**
 * Buffers whose addresses are in the next bpf_attr or perf_event_attr. An address keeps nothing alive:
 * optimized code drops a buffer after its last use, and the collector may free it before the kernel reads it.
 * So they are kept here until the call returns.
 */
const addressed: Uint8Array[] = [];

/**
 * This machine's system calls. Whoever wants to see or change them gives an object of its own.
 *
 * @example
 * ```ts
 * import { createMap, libcSyscalls, type Syscalls } from "tcpdrop/ebpf";
 *
 * let calls = 0;
 * const bpf: Syscalls["bpf"] = (command, attr) => {
 *   calls += 1;
 *   return libcSyscalls.bpf(command, attr);
 * };
 * const sys = { ...libcSyscalls, bpf };
 * using _map = createMap({ name: "hits", kind: "array", keySize: 4, valueSize: 8, maxEntries: 1 }, { sys });
 * console.log(calls);
 * // prints: 1
 * ```
 */
export const libcSyscalls: Syscalls = {
  bpf: (command, attr) => {
    const result = orErrno(syscallBpf(NR_BPF, command, attr, attr.byteLength));
    addressed.length = 0;
    return result;
  },
  addressOf: (buffer) => {
    addressed.push(buffer);
    return koffi.address(buffer);
  },
  perfEventOpen: (attr, pid, cpu, groupFd, flags) => {
    const result = orErrno(syscallPerfEventOpen(NR_PERF_EVENT_OPEN, attr, pid, cpu, groupFd, flags));
    addressed.length = 0;
    return result;
  },
  mmap: (lengthBytes, protection, flags, fd, offsetBytes) => {
    const address = BigInt(mmap(0, lengthBytes, protection, flags, fd, offsetBytes));
    return address === -1n ? BigInt(-koffi.errno()) : address;
  },
  munmap: (address, lengthBytes) => orErrno(munmap(address, lengthBytes)),
  viewMemory: (address, lengthBytes) => koffi.view(address, lengthBytes),
  poll: (fd, events, timeoutMs) => {
    // struct pollfd { int fd; short events; short revents; }
    pollfd[0] = fd;
    pollfdShorts[2] = events;
    pollfdShorts[3] = 0;
    const ready = orErrno(poll(pollfd, 1, timeoutMs));
    return ready < 0 ? ready : (pollfdShorts[3] ?? 0);
  },
  watchReadable: (fd) =>
    isMainThread
      ? watchThroughLibuv(fd)
      : watchByAsking(fd, (each, events) => libcSyscalls.poll(each, events, 0)),
  ioctl: (fd, request, argument) =>
    orErrno(
      typeof argument === "number"
        ? ioctlInteger(fd, request, argument)
        : ioctlPointer(fd, request, argument),
    ),
  setrlimit: (resource, soft, hard) => orErrno(setrlimit(resource, BigUint64Array.of(soft, hard))),
  close: (fd) => orErrno(close(fd)),
  setns: (fd, kind) => orErrno(setns(fd, kind)),
  unshare: (flags) => orErrno(unshare(flags)),
  open: (path, flags) => orErrno(open(path, flags | O_CLOEXEC)),
  openByHandleAt: (mountFd, handle, flags) => orErrno(openByHandleAt(mountFd, handle, flags | O_CLOEXEC)),
  clockGettimeNs: (clock) => {
    if (clockGettime(clock, timespec) !== 0) return BigInt(-(koffi.errno() || ERRNO.EINVAL));
    return (timespec[0] ?? 0n) * 1_000_000_000n + (timespec[1] ?? 0n);
  },
  pageSize: () => getpagesize(),
};

/**
 * koffi.node.poll is undocumented, so only this function uses it. `start` throws if libuv cannot watch the
 * descriptor.
 */
function watchThroughLibuv(fd: number): Watch {
  const handle = koffi.node.poll(fd, { readable: true }, () => undefined);
  handle.stop();
  // The handle's memory is freed when it is closed: what comes later must not reach it.
  let closed = false;
  return {
    start: (onReady) => {
      if (!closed) handle.start({ readable: true }, onReady);
    },
    stop: () => {
      if (!closed) handle.stop();
    },
    close: () => {
      if (!closed) handle.close();
      closed = true;
    },
  };
}
