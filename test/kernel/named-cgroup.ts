/** A cgroup (v2) below our own with a name that says something: of a unit, or a container. */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { findCgroupMount } from "../../src/host/owner/cgroup-mount.ts";

const MOUNT = findCgroupMount("/proc/self/mountinfo") ?? "";
const OWN = (/^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "").replace(/^\/$/, "");
/** A process that was killed may need a moment until it has left. */
const PATIENCE_MS = 5000;

export class NamedCgroup implements Disposable {
  readonly #path: string;

  constructor(name: string) {
    this.#path = `${MOUNT}${OWN}/${name}`;
    mkdirSync(this.#path);
  }

  /** Moves a process there. */
  add(pid: number): void {
    writeFileSync(`${this.#path}/cgroup.procs`, String(pid));
  }

  [Symbol.dispose](): void {
    for (const until = performance.now() + PATIENCE_MS; ; ) {
      try {
        rmdirSync(this.#path);
        return;
      } catch (failure) {
        const isBusy = (failure as NodeJS.ErrnoException).code === "EBUSY";
        if (!isBusy || performance.now() > until) throw failure;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      }
    }
  }
}
