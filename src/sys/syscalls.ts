/**
 * The system calls of everything that traces, as one interface. (The sockets of lab/ are in sockets.ts.)
 *
 * Every call returns what the kernel returns: 0 or more, or a negative errno. Nothing throws here; the
 * caller, who knows what was tried, turns a failure into a SyscallError with `check` (errno.ts).
 */

/** A file descriptor from the kernel. */
export type Fd = number & { readonly __brand: "Fd" };

/** What poll(2) reports of one descriptor, or a negative errno. */
export type PollResult = number;

/** Waits for readability until it is closed. */
export interface Watch {
  /** Calls `onReady` while the descriptor is readable (level-triggered). */
  start(onReady: () => void): void;
  stop(): void;
  close(): void;
}

export interface Syscalls {
  /** bpf(2). `attr` may be written by the kernel. */
  bpf(command: number, attr: Uint8Array): number;
  /**
   * The address of a buffer, for the `attr` of the next `bpf` or `perfEventOpen` call; the buffer is kept
   * alive until that call returns.
   */
  addressOf(buffer: Uint8Array): bigint;
  perfEventOpen(attr: Uint8Array, pid: number, cpu: number, groupFd: number, flags: number): number;
  /** The address, or a negative errno, as a bigint. */
  mmap(lengthBytes: number, protection: number, flags: number, fd: Fd, offsetBytes: number): bigint;
  munmap(address: bigint, lengthBytes: number): number;
  /** The mapped memory. Reading it after munmap kills the process: only mapping.ts calls this. */
  viewMemory(address: bigint, lengthBytes: number): ArrayBuffer;
  /** poll(2) of one descriptor; `revents`, or a negative errno. Blocks the event loop for `timeoutMs`. */
  poll(fd: number, events: number, timeoutMs: number): PollResult;
  /** Waits for readability on the event loop. */
  watchReadable(fd: Fd): Watch;
  ioctl(fd: Fd, request: number, argument: number | Uint8Array): number;
  setrlimit(resource: number, soft: bigint, hard: bigint): number;
  close(fd: number): number;
  setns(fd: Fd, kind: number): number;
  unshare(flags: number): number;
  /** open(2) with O_CLOEXEC. */
  open(path: string, flags: number): number;
  /** open_by_handle_at(2) with O_CLOEXEC; `handle` is a `struct file_handle`, `mountFd` no O_PATH descriptor. */
  openByHandleAt(mountFd: Fd, handle: Uint8Array, flags: number): number;
  clockGettimeNs(clock: number): bigint;
  /** Page size in bytes. */
  pageSize(): number;
}
