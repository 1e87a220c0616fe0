/**
 * Our own cgroups: this process, or its thread, is in them only while it creates a socket. They are removed
 * with the hosts.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";

/**
 * The mount point of the controller's tree, and the mounted part of it: /proc/self/mountinfo,
 * proc_pid_mountinfo(5).
 */
function findTree(controller: string): string {
  for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
    const [mount = "", system = ""] = line.split(" - ");
    const [type, , options = ""] = system.split(" ");
    if (controller === "" ? type === "cgroup2" : type === "cgroup" && options.split(",").includes(controller))
      return mount.split(" ")[4] ?? "";
  }
  throw new Error(
    controller === "" ? "no cgroup2 is mounted" : `no cgroup with the controller ${controller} is mounted`,
  );
}

/** The group that this process is in, below the mount: /proc/self/cgroup, cgroups(7). */
function ownGroup(controller: string): string {
  const lines = readFileSync("/proc/thread-self/cgroup", "utf8").split("\n");
  const found = lines
    .map((line) => line.split(":"))
    .find(([, controllers = ""]) => controllers.split(",").includes(controller));
  assert(
    found !== undefined,
    `/proc/thread-self/cgroup has a line of ${controller === "" ? "cgroup2" : controller}`,
  );
  return found.slice(2).join(":");
}

let count = 0;

export class Cgroup implements Disposable {
  readonly path: string;
  /** Its path in the tree, as /proc/PID/cgroup has it. */
  readonly group: string;
  readonly #home: string;
  /** Version 2 moves processes; version 1 moves threads, and the others are not ours. */
  readonly #members: "cgroup.procs" | "tasks";

  /** A new cgroup below our own; `controller` is "" for version 2. Its name ends as it is told. */
  constructor(controller: "" | "memory", suffix = "") {
    count += 1;
    const own = ownGroup(controller).replace(/^\/$/, "");
    this.#home = `${findTree(controller)}${own}`;
    this.#members = controller === "" ? "cgroup.procs" : "tasks";
    this.group = `${own}/tcpdrop-${process.pid}-${count}${suffix}`;
    this.path = `${findTree(controller)}${this.group}`;
    mkdirSync(this.path);
  }

  write(file: string, value: string): void {
    writeFileSync(`${this.path}/${file}`, value);
  }

  /** Runs a synchronous function in the cgroup: sockets that it creates belong there. */
  inside<T>(run: () => T): T {
    // "0" is the writer.
    this.write(this.#members, "0");
    try {
      return run();
    } finally {
      writeFileSync(`${this.#home}/${this.#members}`, "0");
    }
  }

  [Symbol.dispose](): void {
    rmdirSync(this.path);
  }
}
