/**
 * A load for the parts about owners: processes, each in a cgroup of its own, whose connections drop a byte
 * each, and a list of who held which port when.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Hosts } from "../src/lab/hosts.ts";
import { libcSyscalls as sys } from "../src/sys/libc.ts";
import { acceptTcp } from "../src/sys/sockets.ts";
import { Cgroup } from "../test/kernel/scenarios/cgroup.ts";
import { nftRule } from "../test/kernel/scenarios/rules.ts";

/** What one process does. */
export interface LoadOfOne {
  readonly port: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** From connect() to close(). */
  readonly lifeMs: number;
  /** Where it writes down what it held: HeldPort[]. */
  readonly file: string;
  /** Of the cgroup that it enters; undefined: it stays in that of the bench. */
  readonly cgroupProcs?: string;
}

/** A port of its own, from before connect() until after close(), in ns of CLOCK_MONOTONIC. */
export type HeldPort = readonly [port: number, fromNs: string, untilNs: string];

export interface LoadRequest {
  readonly processes: number;
  /** Of all processes together. */
  readonly perSecond: number;
  readonly seconds: number;
  readonly lifeMs: number;
}

/** Who held a port at a time. */
export interface Holder {
  readonly pid: number;
  readonly fromNs: bigint;
  readonly untilNs: bigint;
}

const CHILD = fileURLToPath(new URL("./owner-load-child.js", import.meta.url));
const ACCEPT_EVERY_MS = 20;
const BACKLOG = 4096;

export class OwnerLoad implements AsyncDisposable {
  /** Inode number of the namespace that all of them are in. */
  readonly netns: number;
  readonly #hosts = new Hosts(sys, "loopback");
  readonly #cgroups: Cgroup[] = [];
  readonly #children: { readonly child: ChildProcess; readonly file: string }[] = [];
  readonly #accepting: NodeJS.Timeout;

  private constructor() {
    this.netns = this.#hosts.client.inode;
    const port = this.#hosts.newPort();
    this.port = port;
    nftRule(
      this.#hosts.client,
      "inet",
      "filter hook output",
      `tcp dport ${port} tcp flags & psh == psh drop`,
    );
    const listener = this.#hosts.listen(4, port, BACKLOG);
    // Their peers reset them; what was accepted is closed at once, and the client goes on to CLOSE_WAIT.
    this.#accepting = setInterval(() => {
      for (let end = acceptTcp(listener); end !== undefined; end = acceptTcp(listener))
        this.#accepted.push(end);
      while (this.#accepted.length > BACKLOG) this.#accepted.shift()?.[Symbol.dispose]();
    }, ACCEPT_EVERY_MS);
  }

  readonly port: number;
  readonly #accepted: Disposable[] = [];

  /** Its processes wait for `run`. Their lists are written into `folder`. */
  static async start(request: LoadRequest, folder: string): Promise<OwnerLoad> {
    const load = new OwnerLoad();
    const each = { ...request, perSecond: request.perSecond / request.processes, port: load.port };
    for (let at = 0; at < request.processes; at += 1) {
      const cgroup = new Cgroup("");
      load.#cgroups.push(cgroup);
      const file = join(folder, `held-${at}`);
      const one: LoadOfOne = { ...each, file, cgroupProcs: `${cgroup.path}/cgroup.procs` };
      const child = load.#hosts.client.inside(() => fork(CHILD, [JSON.stringify(one)], { execArgv: [] }));
      load.#children.push({ child, file });
      // One after another, so that they are spread over the second.
      await once(child, "message");
    }
    return load;
  }

  /** Returns when all are through: who held each port, in order of time. */
  async run(): Promise<ReadonlyMap<number, readonly Holder[]>> {
    const done = this.#children.map(({ child }) => once(child, "message"));
    for (const { child } of this.#children) child.send("go");
    await Promise.all(done);
    const holders = new Map<number, Holder[]>();
    for (const { child, file } of this.#children)
      for (const [port, from, until] of JSON.parse(readFileSync(file, "utf8")) as HeldPort[]) {
        const holder = { pid: child.pid ?? 0, fromNs: BigInt(from), untilNs: BigInt(until) };
        const known = holders.get(port);
        if (known === undefined) holders.set(port, [holder]);
        else known.push(holder);
      }
    return holders;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#accepting);
    for (const { child } of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    for (const end of this.#accepted) end[Symbol.dispose]();
    for (const cgroup of this.#cgroups) cgroup[Symbol.dispose]();
    this.#hosts[Symbol.dispose]();
  }
}
