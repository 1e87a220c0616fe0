/**
 * A process in each host, so that whoever looks for owners finds the way there: namespaces without a process have
 * no path. Each reads from a pipe, and so ends with this process, however that dies.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Hosts } from "./hosts.ts";

export class Residents implements Disposable {
  readonly #processes: readonly ChildProcess[];

  constructor({ client, server }: Hosts) {
    this.#processes = [client, server].map((host) => {
      const resident = host.inside(() => spawn("cat", { stdio: ["pipe", "ignore", "ignore"] }));
      // Without one less is found out.
      resident.on("error", () => undefined);
      return resident;
    });
  }

  [Symbol.dispose](): void {
    for (const { stdin } of this.#processes) stdin?.destroy();
  }
}
