/** This machine's processes, as the finder looks at them. */
import type { IsWanted, OnSocket, SocketFileWalker } from "../../capture/iterators/socket-file-walker.ts";
import type { OwnerNames } from "./owner-names.ts";
import type { SocketMachine } from "./socket-machine.ts";

/** A cgroup with more processes than this is not looked at one by one. */
const MAX_PROCESSES = 64;

export class LiveSockets implements SocketMachine {
  readonly #walker: SocketFileWalker;
  readonly #names: OwnerNames;

  constructor(walker: SocketFileWalker, names: OwnerNames) {
    this.#walker = walker;
    this.#names = names;
  }

  walkProcess(pid: number, isWanted: IsWanted, onSocket: OnSocket): boolean {
    return this.#walker.walkProcess(pid, isWanted, onSocket);
  }

  walk(isWanted: IsWanted, onSocket: OnSocket): Promise<boolean> {
    return this.#walker.walk(isWanted, onSocket);
  }

  cpuMs(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }

  processesOf(cgroupId: bigint): readonly number[] | undefined {
    const path = this.#walker.canLimit ? this.#names.cgroupPath(cgroupId) : undefined;
    const processes = path === undefined ? undefined : this.#names.processesIn(path);
    return processes === undefined || processes.length > MAX_PROCESSES ? undefined : processes;
  }
}
