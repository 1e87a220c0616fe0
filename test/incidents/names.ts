/**
 * Names of namespaces as `ip netns add` gives them: a file in /run/netns that the namespace is mounted on. They
 * hold the process's number, so that several runs at once do not meet.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import type { Netns } from "../../src/lab/netns.ts";

const FOLDER = "/run/netns";
const NAME = /^inc-[a-z]+-(\d+)$/;

export class NetnsName implements Disposable {
  readonly name: string;

  constructor(host: string, netns: Netns) {
    this.name = `inc-${host}-${process.pid}`;
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(`${FOLDER}/${this.name}`, "", { flag: "wx" });
    try {
      execFileSync("mount", ["--bind", netns.path, `${FOLDER}/${this.name}`]);
    } catch (failure) {
      this[Symbol.dispose]();
      throw failure;
    }
  }

  [Symbol.dispose](): void {
    remove(this.name);
  }
}

// A test that times out closes nothing.
process.on("exit", () => {
  for (const name of readdirSync(FOLDER)) if (NAME.exec(name)?.[1] === String(process.pid)) remove(name);
});

/** Removes what runs that were killed have left behind. */
export function removeLeftOvers(): void {
  mkdirSync(FOLDER, { recursive: true });
  for (const name of readdirSync(FOLDER)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) remove(name);
  }
}

function remove(name: string): void {
  execFileSync("ip", ["netns", "del", name]);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
