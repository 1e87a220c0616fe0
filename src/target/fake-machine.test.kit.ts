/** A folder that stands for a machine with processes, containers and network namespaces. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type FixtureRoot, fixtureRoot } from "../host/fixture-root.test.kit.ts";
import { addProcess, type FakeProcess, OWN_UID } from "../host/owner/fake-processes.test.kit.ts";
import type { FindOptions } from "./find-target.ts";

export const HOST_NETNS = 4_026_531_840;
/** Of the process that asks. */
const OWN_NETNS = HOST_NETNS;

export interface FakeRunning extends FakeProcess {
  readonly netns?: number | "unreadable";
  /** Of its namespace. */
  readonly addresses?: readonly string[];
}

export class FakeMachine implements Disposable {
  readonly options: FindOptions;
  readonly #root: FixtureRoot = fixtureRoot();

  /** `isHost`: processes have the host's numbers. Init and one shell run. */
  constructor(isHost = true) {
    this.options = { root: this.#root.path, ownerUid: OWN_UID };
    this.#link("proc/self/ns/pid", isHost ? "pid:[4026531836]" : "pid:[4026532000]");
    this.#link("proc/self/ns/net", `net:[${OWN_NETNS}]`);
    this.add({ pid: 1, ppid: 0, comm: "systemd", cgroup: "/init.scope" });
    this.add({ pid: 90, ppid: 1, comm: "bash", cgroup: "/user.slice/user-0.slice/session-1.scope" });
  }

  add({ netns = HOST_NETNS, addresses, ...process }: FakeRunning): this {
    addProcess(this.#root.path, process);
    if (netns !== "unreadable") this.#link(`proc/${process.pid}/ns/net`, `net:[${netns}]`);
    if (addresses !== undefined) this.write(`proc/${process.pid}/net/fib_trie`, fibTrie(addresses));
    return this;
  }

  /** With its conmon, which has its name, as process `pid` - 1. */
  podman(pid: number, id: string, name: string, more: Partial<FakeRunning> = {}): this {
    this.add({ pid: pid - 1, ppid: 1, comm: "conmon", cmdline: ["conmon", "-c", id, "-n", name] });
    return this.add({ pid, ppid: pid - 1, cgroup: `/machine.slice/libpod-${id}.scope`, ...more });
  }

  write(file: string, text: string): void {
    const path = join(this.#root.path, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  #link(file: string, text: string): void {
    const path = join(this.#root.path, file);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(text, path);
  }

  [Symbol.dispose](): void {
    this.#root[Symbol.dispose]();
  }
}

function fibTrie(addresses: readonly string[]): string {
  const leaves = addresses.map((address) => `           |-- ${address}\n              /32 host LOCAL\n`);
  return `Local:\n  +-- 0.0.0.0/0 3 0 5\n${leaves.join("")}`;
}
