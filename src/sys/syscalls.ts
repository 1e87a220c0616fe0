/**
 * The system calls that this project makes, as one interface: the only way to the kernel.
 *
 * Every call returns what the kernel returns: a value of 0 or more, or a negative errno. Nothing throws here;
 * `check` in errno.ts turns a failure into a SyscallError where somebody knows what was tried.
 */

/** A file descriptor that the kernel gave us. */
export type Fd = number & { readonly __brand: "Fd" };

/** What poll(2) reports of one descriptor, or a negative errno. */
export type PollResult = number;

/** A wait for readability that goes on until closed. */
export interface Watch {
  /** Calls `onReady` while the descriptor is readable; level-triggered. */
  start(onReady: () => void): void;
  stop(): void;
  close(): void;
}

export interface Syscalls {
  /** bpf(2). `attr` may be written by the kernel. */
  bpf(command: number, attr: Uint8Array): number;
  /**
   * The address of a buffer, to stand in the `attr` of the next `bpf` or `perfEventOpen` call, until whose
   * end the buffer is kept.
   */
  addressOf(buffer: Uint8Array): bigint;
  perfEventOpen(attr: Uint8Array, pid: number, cpu: number, groupFd: number, flags: number): number;
  /** The address, or a negative errno as bigint. */
  mmap(lengthBytes: number, protection: number, flags: number, fd: Fd, offsetBytes: number): bigint;
  munmap(address: bigint, lengthBytes: number): number;
  /** The mapped memory itself. Reading it after munmap kills the process: only mapping.ts calls this. */
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
  clockGettimeNs(clock: number): bigint;
  /** Bytes of a page. */
  pageSize(): number;
}
