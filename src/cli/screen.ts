/** The terminals that a run writes to: how large they are now, and whether they have colours. */
import { libcSyscalls } from "../sys/libc.ts";
import { type TerminalSize, terminalSize } from "../sys/terminal.ts";

/** Undefined where `fd` is no terminal. */
export function sizeOf(fd: number): TerminalSize | undefined {
  return terminalSize(libcSyscalls, fd);
}

/** Of a terminal, kept up to date. A process in the background learns of a change when it comes back. */
export class ScreenSize implements Disposable {
  readonly #fd: number;
  #now: TerminalSize;

  constructor(fd: number, first: TerminalSize) {
    this.#fd = fd;
    this.#now = first;
    process.on("SIGWINCH", this.#look);
    process.on("SIGCONT", this.#look);
  }

  get now(): TerminalSize {
    return this.#now;
  }

  readonly #look = (): void => {
    this.#now = sizeOf(this.#fd) ?? this.#now;
  };

  [Symbol.dispose](): void {
    process.off("SIGWINCH", this.#look);
    process.off("SIGCONT", this.#look);
  }
}

/** Escape sequences do something there. */
export function understandsEscapes(): boolean {
  return process.env["TERM"] !== "dumb";
}

/** What --color says; by itself colours are for terminals, unless NO_COLOR (no-color.org) is not empty. */
export function wantsColour(when: "auto" | "always" | "never", isTerminal: boolean): boolean {
  if (when !== "auto") return when === "always";
  return isTerminal && understandsEscapes() && (process.env["NO_COLOR"] ?? "") === "";
}
