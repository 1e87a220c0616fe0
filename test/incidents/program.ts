/** A program of ours in a process of its own, inside a namespace, that answers over IPC. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, "exit").then(([code, signal]) => `with ${String(signal ?? `code ${code}`)}`);
  }

  /** `inside` starts it where it belongs. Resolves when it is ready. */
  static async start(
    file: string,
    words: readonly string[],
    inside: (start: () => ChildProcess) => ChildProcess,
  ): Promise<Program> {
    const program = new Program(
      // Without this process's own options (--test ...).
      inside(() => fork(`${import.meta.dirname}/programs/${file}.js`, words, { execArgv: [] })),
    );
    await program.#answer();
    return program;
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error("The program did not start");
    return pid;
  }

  /** Gives it a task; resolves with what it reports. */
  ask<Reply>(task: object): Promise<Reply> {
    this.#child.send(task);
    return this.#answer() as Promise<Reply>;
  }

  #answer(): Promise<unknown> {
    const early = this.#ended.then((how) => {
      throw new Error(`The program ended early, ${how}`);
    });
    early.catch(() => undefined);
    return Promise.race([once(this.#child, "message").then(([message]) => message as unknown), early]);
  }

  /** kill -9 */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
