/** This machine's processes, as the finder looks at them. */
import type { IsWanted, OnSocket, SocketFileWalker } from "../../capture/iterators/socket-file-walker.ts";
import type { OwnerNames } from "./owner-names.ts";
import { RunningWalks } from "./running-walks.ts";
import type { SocketMachine } from "./socket-machine.ts";

/** A cgroup with more processes than this is not looked at one by one. */
const MAX_PROCESSES = 64;

export class LiveSockets implements SocketMachine {
  readonly #walker: SocketFileWalker;
  readonly #names: Pick<OwnerNames, "cgroupPath" | "processesIn">;
  readonly #onProblem: (failure: unknown) => void;
  readonly #running: RunningWalks;

  constructor(
    walker: SocketFileWalker,
    names: Pick<OwnerNames, "cgroupPath" | "processesIn">,
    onProblem: (failure: unknown) => void,
    running = new RunningWalks(),
  ) {
    this.#walker = walker;
    this.#names = names;
    this.#onProblem = onProblem;
    this.#running = running;
  }

  /** Rights may be gone by now, or descriptors: then it is not looked at. */
  walkProcess(pid: number, isWanted: IsWanted, onSocket: OnSocket): boolean {
    try {
      return this.#walker.walkProcess(pid, isWanted, onSocket);
    } catch (failure) {
      this.#onProblem(failure);
      return false;
    }
  }

  walk(isWanted: IsWanted, onSocket: OnSocket): Promise<boolean> {
    return this.#running.add(this.#walker.walk(isWanted, onSocket));
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
