/**
 * Anonymous network namespaces: they exist while this process holds their descriptor, and vanish with it,
 * however it dies.
 *
 * The current namespace belongs to a thread. `inside` moves this thread there for one synchronous call;
 * programs spawned and sockets created meanwhile belong to that namespace.
 */
import { spawnSync } from "node:child_process";
import { fstatSync } from "node:fs";
import { TcpdropError } from "../errors.ts";
import { insideNetns, openOwnNetns } from "../host/enter-netns.ts";
import { check } from "../sys/errno.ts";
import type { OwnedFd } from "../sys/fd.ts";
import { CLONE_NEWNET } from "../sys/macros.ts";
import type { Syscalls } from "../sys/syscalls.ts";

export class Netns implements Disposable {
  /** Inode number, as --netns takes it. */
  readonly inode: number;
  readonly #sys: Syscalls;
  readonly #owned: OwnedFd;

  private constructor(sys: Syscalls, owned: OwnedFd) {
    this.#sys = sys;
    this.#owned = owned;
    this.inode = fstatSync(owned.fd).ino;
  }

  static create(sys: Syscalls): Netns {
    using home = openOwnNetns(sys);
    check(sys.unshare(CLONE_NEWNET), "unshare", "Cannot create a network namespace", {
      hint: "It needs CAP_SYS_ADMIN: run as root.",
    });
    try {
      return new Netns(sys, openOwnNetns(sys));
    } finally {
      check(sys.setns(home.fd, CLONE_NEWNET), "setns", "Cannot return to the original network namespace");
    }
  }

  /** As `ip` takes it: ip link set DEVICE netns PATH. */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.#owned.fd}`;
  }

  /** Runs a synchronous function while this thread is in the namespace. */
  inside<T>(run: () => T): T {
    return insideNetns(this.#sys, this.#owned, run);
  }

  /**
   * Runs a program in the namespace, with lines on its standard input. A failure is a TcpdropError with its
   * stderr.
   */
  run(program: string, programArguments: readonly string[], input = ""): string {
    const result = this.inside(() =>
      spawnSync(program, programArguments, { input, encoding: "utf8", timeout: 20_000 }),
    );
    if (result.error !== undefined)
      throw new TcpdropError("TOOL_MISSING", `Cannot run ${program}: ${result.error.message}`, {
        cause: result.error,
        hint: `Install it: apt-get install ${program === "ip" || program === "tc" ? "iproute2" : program}`,
      });
    if (result.status !== 0)
      throw new TcpdropError(
        "SYSCALL_FAILED",
        `${program} ${programArguments.join(" ")} failed: ${result.stderr.trim()}`,
      );
    return result.stdout;
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}
