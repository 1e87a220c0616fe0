/** Shared by the parts: two hosts, floods between them, and a temporary folder, all removed at the end. */
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hosts } from "../src/lab/hosts.ts";
import { libcSyscalls as sys } from "../src/sys/libc.ts";
import type { FloodRequest } from "../test/lab/flood.ts";
import { FloodProcess, type FloodResult } from "../test/lab/flood-process.ts";
import type { ToolProcess } from "./tool-process.ts";

/** Upper bound of a flood, whatever happens. */
const LIMIT_MS = 300_000;

/**
 * Fills the default ring once, also without stacks. On virtual machines the first write to a page is
 * expensive: a drop without its stack costs three times as much until the whole ring has been written once.
 */
export const WARM_UP = 100_000;

export class Lab implements Disposable {
  readonly hosts = new Hosts(sys);
  /** Temporary. */
  readonly folder = mkdtempSync(join(tmpdir(), "tcpdrop-bench-"));

  /** Also removed if this process exits early. The hosts vanish with it. */
  readonly #removeFolder = (): void => rmSync(this.folder, { recursive: true, force: true });

  constructor() {
    process.once("exit", this.#removeFolder);
  }

  get netns(): number {
    return this.hosts.server.inode;
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** Passes a descriptor that is open for the duration of the call. */
  async withOutput<T>(path: string, use: (descriptor: number) => Promise<T>): Promise<T> {
    const descriptor = openSync(path, "w");
    try {
      return await use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Loaded and ready. */
  startFlood(count: number, request: Partial<FloodRequest> = {}): Promise<FloodProcess> {
    return FloodProcess.start(this.hosts, { count, sourcePorts: 64, limitMs: LIMIT_MS, ...request });
  }

  /** Runs from the first drop to the last. */
  async flood(count: number, request: Partial<FloodRequest> = {}): Promise<FloodResult> {
    await using sender = await this.startFlood(count, request);
    sender.go();
    return await sender.done();
  }

  /** WARM_UP drops, until the tool is idle again. */
  async warmUp(tool: ToolProcess): Promise<void> {
    await this.flood(WARM_UP);
    await tool.idle();
  }

  [Symbol.dispose](): void {
    this.hosts[Symbol.dispose]();
    this.#removeFolder();
    process.off("exit", this.#removeFolder);
  }
}

/** Drops a second while they are made. */
export function speed({ sent, busyMs }: FloodResult): number {
  return (sent / busyMs) * 1000;
}
