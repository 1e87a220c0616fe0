/**
 * Keys on the terminal of stdin, each taken at once: none waits for Enter, none is shown, and those that send
 * signals (Ctrl-C, Ctrl-Z, Ctrl-\) still do.
 *
 * Only a process in the foreground of its terminal may read it or change it: in the background the kernel
 * stops it with SIGTTIN or SIGTTOU. So the terminal is asked before each who is in its foreground.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { isatty } from "node:tty";
import { libcSyscalls } from "../sys/libc.ts";
import { ICANON } from "../sys/macros.ts";
import type { Fd, Watch } from "../sys/syscalls.ts";
import { foregroundGroup, readKeysAtOnce, restoreKeys, termios } from "../sys/terminal.ts";
import { STDOUT } from "./print.ts";

export type KeyActions = Readonly<Record<string, () => void>>;

const STDIN = 0;
/** A job that `fg` brings from the background gets no signal if it was running. */
const LOOK_MS = 1000;
const MOST_KEYS = 256;

/** Undefined where there are none: stdin is no terminal, or a pager behind stdout reads it. */
export function openKeys(actions: KeyActions): Keys | undefined {
  if (!isatty(STDIN)) return undefined;
  const stdout = fstatSync(STDOUT);
  if (stdout.isFIFO() || stdout.isSocket()) return undefined;
  try {
    // A description of our own: others of the same one do not become non-blocking.
    const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return new Keys(openSync(`/proc/self/fd/${STDIN}`, O_RDONLY | O_NONBLOCK | O_NOCTTY), actions);
  } catch {
    return undefined;
  }
}

class Keys implements Disposable {
  readonly #fd: number;
  readonly #actions: KeyActions;
  readonly #group = ownGroup();
  readonly #watch: Watch;
  /** What the terminal was set to; undefined while it still is. */
  #before: Uint8Array | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(fd: number, actions: KeyActions) {
    this.#fd = fd;
    this.#actions = actions;
    this.#watch = libcSyscalls.watchReadable(fd as Fd);
    process.on("SIGTSTP", this.#onStop);
    process.on("SIGCONT", this.#begin);
    this.#begin();
  }

  /** In the foreground: they are read now. */
  get isForeground(): boolean {
    const group = foregroundGroup(libcSyscalls, this.#fd);
    return group === undefined || group === this.#group;
  }

  /** At once, or as soon as the process is in the foreground. */
  readonly #begin = (): void => {
    if (this.#closed) return;
    if (!this.isForeground) return this.#wait();
    clearInterval(this.#timer);
    this.#timer = undefined;
    const now = readKeysAtOnce(libcSyscalls, this.#fd);
    if (now === undefined) return this[Symbol.dispose]();
    // A shell may bring back the settings of a stopped job.
    if (this.#before === undefined || (termios.decode(now).cLflag & ICANON) !== 0) this.#before = now;
    this.#watch.start(this.#onReadable);
  };

  #wait(): void {
    this.#watch.stop();
    this.#timer ??= setInterval(() => {
      if (this.isForeground) this.#begin();
    }, LOOK_MS).unref();
  }

  readonly #onReadable = (): void => {
    if (!this.isForeground) return this.#wait();
    for (const key of this.#read()) this.#actions[key]?.();
  };

  /** A terminal that is gone reads as nothing, or fails. */
  #read(): string {
    const keys = Buffer.alloc(MOST_KEYS);
    try {
      const length = readSync(this.#fd, keys);
      if (length > 0) return keys.toString("latin1", 0, length);
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code === "EAGAIN") return "";
    }
    this[Symbol.dispose]();
    return "";
  }

  /** Ctrl-Z: stops as it would without us, with the terminal as it was. */
  readonly #onStop = (): void => {
    this.#watch.stop();
    this.#restore();
    process.off("SIGTSTP", this.#onStop);
    process.kill(process.pid, "SIGTSTP");
    // Continued, or in a group that no shell would continue, which the kernel does not stop.
    if (this.#closed) return;
    process.on("SIGTSTP", this.#onStop);
    this.#begin();
  };

  #restore(): void {
    if (this.#before !== undefined && this.isForeground) restoreKeys(libcSyscalls, this.#fd, this.#before);
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    process.off("SIGTSTP", this.#onStop);
    process.off("SIGCONT", this.#begin);
    this.#restore();
    this.#watch.close();
    closeSync(this.#fd);
  }
}

/** The process group: field 5 of /proc/PID/stat (proc_pid_stat(5)), behind a name that may hold anything. */
function ownGroup(): number {
  const stat = readFileSync("/proc/self/stat", "latin1");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
}
