/** A trace whose events get their owners, and processes that do nothing but hold sockets. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { waitFor } from "../../src/lab/hosts.ts";
import type { Netns } from "../../src/lab/netns.ts";
import type { Event } from "../../src/model/index.ts";
import type { TraceRequest } from "../../src/settings/request.ts";
import { type OpenLive, openLive } from "../../src/source/open-live.ts";
import type { Pending } from "../../src/stages/lookup.ts";
import { openOwnerLookup } from "../../src/stages/owner/open-owner-lookup.ts";
import type { OwnerLookup } from "../../src/stages/owner/owner-lookup.ts";
import type { OwnedFd } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";

const MOST_RECORDS = 1000;
/** Any walk is affordable, so that answers do not depend on how busy the machine is. */
const BUDGET_PERCENT = 1000;
const WAIT_MS = 20_000;

interface Waiting {
  readonly event: Event;
  readonly pending: Pending | undefined;
}

export class OwnedDrops implements Disposable {
  readonly lookup: OwnerLookup;
  readonly #opened: OpenLive;
  readonly #events: Waiting[] = [];
  readonly #seen: Promise<void>;
  #failure: unknown;

  /** Attached, and all sockets that are there have been seen, when it returns; harmless drops are shown too. */
  static async open(
    request: TraceRequest,
    mode: "cgroup" | "process" = "process",
    remembers = false,
  ): Promise<OwnedDrops> {
    const drops = new OwnedDrops(request, mode, remembers);
    await drops.#seen;
    return drops;
  }

  private constructor(request: TraceRequest, mode: "cgroup" | "process", remembers: boolean) {
    this.#opened = openLive({ owners: mode, all: true, listeners: false, stacks: "none", ...request });
    this.lookup = openOwnerLookup(libcSyscalls, this.#opened, {
      mode,
      budgetPercent: BUDGET_PERCENT,
      waitMs: WAIT_MS,
      remembers,
    });
    this.#seen = new Promise((resolve) => {
      this.lookup.start({
        settled: resolve,
        fail: (failure) => {
          this.#failure = failure;
        },
      });
      if (mode === "cgroup") resolve();
    });
  }

  /** Takes the first wanted event, once it is there and has its owner. */
  async event(wanted: (event: Event) => boolean, what: string): Promise<Event> {
    return await waitFor(() => {
      if (this.#failure !== undefined) throw this.#failure;
      this.#drain();
      const at = this.#events.findIndex(({ event }) => wanted(event));
      const found = this.#events[at];
      if (found === undefined || found.pending?.isSettled === false) return undefined;
      this.#events.splice(at, 1);
      found.pending?.fill(found.event);
      return found.event;
    }, what);
  }

  #drain(): void {
    this.#opened.source.drain(
      (event) => this.#events.push({ event, pending: this.lookup.apply(event) }),
      MOST_RECORDS,
    );
  }

  [Symbol.dispose](): void {
    void this.lookup[Symbol.asyncDispose]();
    this.#opened.source[Symbol.dispose]();
  }
}

/** A process of its own that inherits descriptors, and holds them until it is ended. */
export class Holding implements Disposable {
  readonly pid: number;
  readonly #child: ChildProcess;

  /** In a network namespace, which a way leads to from now on. */
  constructor(host: Netns, fds: readonly OwnedFd[]) {
    this.#child = host.inside(() =>
      spawn("sleep", ["120"], { stdio: ["ignore", "ignore", "ignore", ...fds.map(({ fd }) => fd)] }),
    );
    this.pid = this.#child.pid ?? 0;
  }

  /** Ends it; it is gone when this returns. */
  async end(): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}
