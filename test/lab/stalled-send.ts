/**
 * A send(2) that stalls while its socket is locked: what arrives meanwhile waits in the socket's backlog.
 *
 * The data is in memory guarded by userfaultfd(2) that has no page yet. tcp_sendmsg() locks the socket,
 * copies, and sleeps in the page fault until the guard is removed. Do not touch the socket meanwhile: the
 * call would wait for the lock for ever.
 */
import koffi from "koffi";
import { check, syscallError } from "../../src/sys/errno.ts";
import { OwnedFd } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import {
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  MSG_DONTWAIT,
  NR_USERFAULTFD,
  O_CLOEXEC,
  O_NONBLOCK,
  POLLIN,
  PROT_READ,
  PROT_WRITE,
} from "../../src/sys/macros.ts";
import { UFFD_API, UFFDIO_API, UFFDIO_REGISTER, UFFDIO_REGISTER_MODE_MISSING } from "./macros.ts";

const libc = koffi.load(null);
// ssize_t send(int fd, const void *buf, size_t len, int flags);
const send = libc.func("intptr_t send(int fd, uintptr_t buf, size_t len, int flags)");
// long syscall(SYS_userfaultfd, int flags);
const userfaultfd = libc.func("long syscall(long number, int flags)");

export class StalledSend {
  readonly #guard: OwnedFd;
  readonly #sent: Promise<number>;

  /** Starts to send one byte, on another thread. */
  constructor(socket: OwnedFd) {
    const pageBytes = libcSyscalls.pageSize();
    // The page is never unmapped: the thread may be reading it.
    const page = libcSyscalls.mmap(
      pageBytes,
      PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS,
      -1 as OwnedFd["fd"],
      0,
    );
    if (page < 0n) throw syscallError(Number(-page), "mmap", "Cannot map a page");
    const result = Number(userfaultfd(NR_USERFAULTFD, O_CLOEXEC | O_NONBLOCK));
    this.#guard = new OwnedFd(
      libcSyscalls,
      check(result === -1 ? -koffi.errno() : result, "userfaultfd", "Cannot guard memory"),
      "userfaultfd",
    );
    // struct uffdio_api, uffdio_register, linux/userfaultfd.h
    this.#ioctl(UFFDIO_API, BigUint64Array.of(BigInt(UFFD_API), 0n, 0n));
    this.#ioctl(
      UFFDIO_REGISTER,
      BigUint64Array.of(page, BigInt(pageBytes), BigInt(UFFDIO_REGISTER_MODE_MISSING), 0n),
    );
    this.#sent = new Promise((resolve, reject) => {
      const done = (failure: unknown, sent: number | bigint): void =>
        failure === null ? resolve(Number(sent)) : reject(failure as Error);
      send.async(socket.fd, page, 1, MSG_DONTWAIT, done);
    });
  }

  /** Whether the thread has locked the socket. */
  get isStalled(): boolean {
    return (libcSyscalls.poll(this.#guard.fd, POLLIN, 0) & POLLIN) !== 0;
  }

  /**
   * Lets it continue: userfaultfd_release() (fs/userfaultfd.c) wakes the thread, and the page becomes an
   * ordinary one. Returns the bytes sent, or -1.
   */
  resume(): Promise<number> {
    this.#guard[Symbol.dispose]();
    return this.#sent;
  }

  #ioctl(request: number, argument: BigUint64Array): void {
    check(
      libcSyscalls.ioctl(this.#guard.fd, request, new Uint8Array(argument.buffer)),
      "ioctl",
      "Cannot guard memory",
    );
  }
}
