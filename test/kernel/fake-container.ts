/**
 * What looks like a container of podman: a process in a cgroup that is called like one, and a conmon that has its
 * name. Cgroup, processes and network namespace are real.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Netns } from "../../src/lab/netns.ts";
import { NamedCgroup } from "./named-cgroup.ts";

export class FakeContainer implements Disposable {
  readonly id: string;
  readonly pid: number;
  readonly #folder: string;
  readonly #keeper: ChildProcess;
  readonly #cgroup: NamedCgroup;

  /** Runs in the host's network namespace without `netns`. */
  static async start(id: string, name: string, netns?: Netns): Promise<FakeContainer> {
    const folder = mkdtempSync(join(tmpdir(), "tcpdrop-container-"));
    symlinkSync("/bin/sh", join(folder, "conmon"));
    writeFileSync(join(folder, "keep.sh"), "$ENTER sleep 120 &\necho $!\nwait\n");
    const keeper = spawn(join(folder, "conmon"), [join(folder, "keep.sh"), "-c", id, "-n", name], {
      env: { ...process.env, ENTER: netns === undefined ? "" : `nsenter --net=${netns.path}` },
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: keeper.stdout }))
      return new FakeContainer(id, Number(line), folder, keeper);
    throw new Error("The keeper ended");
  }

  private constructor(id: string, pid: number, folder: string, keeper: ChildProcess) {
    this.id = id;
    this.pid = pid;
    this.#folder = folder;
    this.#keeper = keeper;
    this.#cgroup = new NamedCgroup(`libpod-${id}.scope`);
    this.#cgroup.add(pid);
  }

  /** As `podman stop` does; it is gone when this returns. */
  async stop(): Promise<void> {
    const exit = once(this.#keeper, "exit");
    process.kill(this.pid, "SIGKILL");
    await exit;
  }

  [Symbol.dispose](): void {
    if (this.#keeper.exitCode === null) process.kill(this.pid, "SIGKILL");
    this.#keeper.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true });
    this.#cgroup[Symbol.dispose]();
  }
}
