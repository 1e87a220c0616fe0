/** iperf3 from one of the lab's hosts to the other over veth, with a chosen loss. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Lab } from "./lab.ts";
import { pause, ToolProcess } from "./tool-process.ts";

/** Upper bound of a run, whatever happens. */
const LIMIT_SECONDS = 600;
/** So as not to depend on the machine's settings. */
const CONGESTION_CONTROL = "cubic";
/** Time to listen, and to notice that connections have ended. */
const SETTLE_MS = 1000;
/** New connections are slower at first. */
const WARM_UP_MS = 4000;
const SERVER_ADDRESS = "192.0.2.2";
const PORT = 5201;

export class Iperf implements AsyncDisposable {
  readonly #lab: Lab;
  readonly #server: ToolProcess;

  private constructor(lab: Lab, server: ToolProcess) {
    this.#lab = lab;
    this.#server = server;
  }

  /** The server listens when it returns. */
  static async listen(lab: Lab): Promise<Iperf> {
    if (spawnSync("iperf3", ["--version"]).error !== undefined)
      throw new Error("iperf3 is missing: tools/install-bench-tools.sh installs it");
    const server = lab.hosts.server.inside(
      () => new ToolProcess({ command: ["iperf3", "-s", "-p", String(PORT)], stdout: "pipe" }),
    );
    await pause(SETTLE_MS);
    if (server.failure !== undefined) throw new Error(`iperf3 does not listen: ${server.failure}`);
    return new Iperf(lab, server);
  }

  /** Runs while `connections` send; `dropPercent` of their packets are dropped at random on arrival. */
  async whileSending<T>(connections: number, dropPercent: number, then: () => Promise<T>): Promise<T> {
    this.#drop(dropPercent);
    const to = ["-c", SERVER_ADDRESS, "-p", String(PORT)];
    const how = ["-t", String(LIMIT_SECONDS), "-C", CONGESTION_CONTROL, "-P", String(connections)];
    await using client = this.#lab.hosts.client.inside(
      () => new ToolProcess({ command: ["iperf3", ...to, ...how], stdout: "pipe" }),
    );
    await pause(WARM_UP_MS);
    const result = await then();
    if (client.failure !== undefined) throw new Error(`iperf3 ended: ${client.failure}`);
    await client.end();
    await pause(SETTLE_MS);
    return result;
  }

  #drop(percent: number): void {
    const chain = "chain in { type filter hook input priority 0; policy accept; }";
    const rules =
      percent === 0
        ? []
        : [`add rule inet victim in tcp dport ${PORT} numgen random mod 100 < ${percent} drop`];
    const ruleset = [
      "add table inet victim",
      "flush table inet victim",
      `table inet victim { ${chain}; }`,
      ...rules,
      "",
    ];
    this.#lab.hosts.server.run("nft", ["-f", "-"], ruleset.join("\n"));
  }

  /** What the server reads in this time, in Gbit/s. */
  async received(seconds: number): Promise<number> {
    const readBytes = (): number =>
      Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${this.#server.pid}/io`, "utf8"))?.[1]);
    const [before, beganMs] = [readBytes(), performance.now()];
    await pause(seconds * 1000);
    return ((readBytes() - before) * 8) / 1e6 / (performance.now() - beganMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}
