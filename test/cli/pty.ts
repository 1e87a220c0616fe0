/** A terminal of a given size, provided by script(1), with a program on it: typed to, read from, resized. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { waitFor } from "../../src/lab/hosts.ts";

export interface PtyOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export class Pty implements AsyncDisposable {
  /** All that was written to it, without carriage returns. */
  text = "";
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | null>;

  /** `command` is of sh(1), and has the terminal as its stdin, stdout and stderr. */
  constructor(command: string, { columns = 140, rows = 30, env = {} }: PtyOptions = {}) {
    const inside = `stty cols ${columns} rows ${rows}; tty; ${command}`;
    this.#process = spawn("script", ["-qec", inside, "/dev/null"], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, NO_COLOR: "1", TERM: "xterm", SHELL: "/bin/sh", ...env },
    });
    this.#process.stdout?.on("data", (bytes: Buffer) => {
      this.text += bytes.toString("latin1").replaceAll("\r", "");
    });
    this.#ended = new Promise((resolve) => this.#process.on("close", resolve));
  }

  type(keys: string): void {
    this.#process.stdin?.write(keys);
  }

  /** Waits until this is on it; what matched. */
  async shows(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    try {
      return await waitFor(() => pattern.exec(this.text.slice(from)) ?? undefined, String(pattern));
    } catch (failure) {
      throw new Error(this.text.slice(from), { cause: failure });
    }
  }

  /** Its driver sends SIGWINCH to the programs on it. */
  resize(columns: number, rows: number): void {
    this.#stty("cols", String(columns), "rows", String(rows));
  }

  /** As stty(1) prints them. */
  settings(): string {
    return this.#stty("-a");
  }

  /** The exit code of its command. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  #stty(...words: readonly string[]): string {
    const path = /^\/dev\/pts\/\d+$/m.exec(this.text)?.[0];
    if (path === undefined) throw new Error(`No terminal yet: ${this.text}`);
    const { stdout, stderr, status } = spawnSync("stty", ["-F", path, ...words], { encoding: "utf8" });
    if (status !== 0) throw new Error(`stty ${words.join(" ")}: ${stderr}`);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The kernel sends SIGHUP to what is on a terminal that goes away.
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill("SIGKILL");
    await this.#ended;
  }
}
