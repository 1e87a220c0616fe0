/** A process of its own that opens one connection, when it is told to, and keeps it until it is ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { ADDRESS } from "../../src/lab/hosts.ts";
import type { Netns } from "../../src/lab/netns.ts";

const SCRIPT = `
process.title = process.env.SENDER_TITLE;
process.stdin.once("data", () => {
  const socket = require("node:net").connect(Number(process.env.SENDER_PORT), process.env.SENDER_TO, () => {
    socket.write("hello");
    console.log("sent");
  });
});
console.log("ready");`;

export class Sender implements AsyncDisposable {
  readonly pid: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
  }

  /** Ready to connect to the server's port; `title` is what it calls itself. */
  static async start(host: Netns, port: number, title = "sender"): Promise<Sender> {
    const env = {
      ...process.env,
      SENDER_PORT: String(port),
      SENDER_TO: ADDRESS.server[4],
      SENDER_TITLE: title,
    };
    const child = host.inside(() =>
      spawn(process.execPath, ["-e", SCRIPT], { env, stdio: ["pipe", "pipe", "inherit"] }),
    );
    const sender = new Sender(child);
    await sender.#says();
    return sender;
  }

  /** Connects, and returns when "hello" is in the socket. */
  async send(): Promise<void> {
    this.#child.stdin?.write("go\n");
    await this.#says();
  }

  async #says(): Promise<void> {
    const said = new AbortController();
    await Promise.race([
      once(this.#child.stdout ?? process.stdin, "data", said),
      once(this.#child, "exit", said).then(() => {
        throw new Error(`The sender ended with ${this.#child.signalCode ?? this.#child.exitCode}`);
      }),
    ]);
    said.abort();
  }

  /** Ends it; it is gone when this returns. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
