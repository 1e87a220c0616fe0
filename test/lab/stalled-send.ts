/**
 * A send(2) that stops in the middle with its socket locked, for tests: what comes meanwhile waits in the
 * socket's backlog.
 *
 * What is sent lies in memory that userfaultfd(2) guards and that has no page yet. tcp_sendmsg() locks the
 * socket, copies, and sleeps in the page fault until the guard is gone. Nothing may be asked of the socket
 * meanwhile: that would wait for the lock, and never end.
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

  /** Begins to send one byte, on a thread of its own. */
  constructor(socket: OwnedFd) {
    const pageBytes = libcSyscalls.pageSize();
    // The one page is never given back: the thread may be in it.
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

  /** Whether it has come so far that the socket is locked. */
  get isStalled(): boolean {
    return (libcSyscalls.poll(this.#guard.fd, POLLIN, 0) & POLLIN) !== 0;
  }

  /**
   * Lets it go on: fs/userfaultfd.c, userfaultfd_release() wakes who waits, and the page is an ordinary one.
   * Bytes sent, or -1.
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
