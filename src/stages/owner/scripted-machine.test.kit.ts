/** A machine whose processes and sockets are what the test says, and a clock that the test moves. */
import { TCP_LISTEN } from "../../capture/core/tcp-states.ts";
import type { SocketFile } from "../../capture/iterators/socket-file-record.ts";
import type { IsWanted, OnSocket } from "../../capture/iterators/socket-file-walker.ts";
import type { SocketMachine } from "./socket-machine.ts";

export const TCP_ESTABLISHED = 1;

interface ScriptedSocket {
  readonly inode: number;
  readonly state?: number;
  readonly port?: number;
  readonly cookie?: bigint;
  /**
   * References beside the descriptors: calls that wait, or what is on its way over a unix socket. NaN: nothing is
   * known of references.
   */
  readonly others?: number;
}

export function listening(inode: number, port = 80): ScriptedSocket {
  return { inode, port, state: TCP_LISTEN };
}

export class ScriptedMachine implements SocketMachine {
  nowMs = 1_000_000;
  /** Of the cgroups that are small enough. */
  readonly cgroups = new Map<bigint, readonly number[]>();
  /** False as before Linux 6.1. */
  canLimit = true;
  /** What a look at one process takes, and a walk. */
  lookMs = 0;
  walkMs = 0;
  /** How long others have the CPU during a look. */
  preemptedMs = 0;
  /** Processes that were looked at by themselves, in order. */
  looks: number[] = [];
  walks = 0;
  /** What a walk says of itself. */
  isWhole = true;
  failure: Error | undefined;
  readonly #sockets = new Map<number, readonly ScriptedSocket[]>();
  readonly #cgroupOf = new Map<number, bigint>();
  #cpuMs = 0;

  /** The lower the number, the longer a process is there; pid 1 is not the oldest here. */
  process(pid: number, cgroupId: bigint, sockets: readonly ScriptedSocket[]): void {
    this.#sockets.set(pid, sockets);
    this.#cgroupOf.set(pid, cgroupId);
    const others = (this.cgroups.get(cgroupId) ?? []).filter((other) => other !== pid);
    this.cgroups.set(cgroupId, [...others, pid]);
  }

  end(pid: number): void {
    this.#sockets.delete(pid);
  }

  walkProcess(pid: number, isWanted: IsWanted, onSocket: OnSocket): boolean {
    if (!this.canLimit) return false;
    this.looks.push(pid);
    this.nowMs += this.lookMs + this.preemptedMs;
    this.#cpuMs += this.lookMs;
    this.#tell(pid, isWanted, onSocket);
    return true;
  }

  async walk(isWanted: IsWanted, onSocket: OnSocket): Promise<boolean> {
    await Promise.resolve();
    this.walks += 1;
    this.#cpuMs += this.walkMs;
    if (this.failure !== undefined) throw this.failure;
    for (const pid of this.#sockets.keys()) this.#tell(pid, isWanted, onSocket);
    return this.isWhole;
  }

  cpuMs(): number {
    return this.#cpuMs;
  }

  processesOf(cgroupId: bigint): readonly number[] | undefined {
    return this.cgroups.get(cgroupId);
  }

  #tell(pid: number, isWanted: IsWanted, onSocket: OnSocket): void {
    for (const socket of this.#sockets.get(pid) ?? []) {
      // Once more, as for a process with threads on Linux 6.1.
      for (let times = 0; times < 2; times += 1)
        if (isWanted(socket.inode, pid)) onSocket(this.#file(pid, socket));
    }
  }

  #file(
    pid: number,
    { inode, state = TCP_ESTABLISHED, port = 0, cookie, others = 0 }: ScriptedSocket,
  ): SocketFile {
    const held = [...this.#sockets.values()].filter((all) => all.some((each) => each.inode === inode));
    const references = Number.isNaN(others) ? undefined : held.length + others;
    const cgroupId = this.#cgroupOf.get(pid) ?? 1n;
    return { ...fileOf(pid), references, inode, cgroupId, cookie, port, state };
  }
}

/** A descriptor of a process: of socket 1, which nobody else holds. */
export function fileOf(pid: number): SocketFile {
  return {
    fd: 3,
    references: 1,
    inode: 1,
    pid,
    startNs: BigInt(pid) * 1000n,
    cgroupId: 1n,
    uid: 33,
    comm: `comm${pid}`,
    execId: 0n,
    cookie: undefined,
    netns: 7,
    netnsCookie: 77n,
    port: 0,
    state: TCP_ESTABLISHED,
  };
}
