/**
 * All errors that this project throws on purpose, with one table of codes. A test compares docs/errors.md
 * with the table.
 *
 * Messages say what was tried, on what, and why it failed; `hint` says what to do about it.
 */

/** Exit codes of the command line; documented in docs/errors.md. */
export const EXIT = { done: 0, failed: 1, usage: 2, kernelCannot: 3, notPermitted: 4 } as const;

/** One row per code: its meaning, and the exit code if nobody catches the error. */
export const ERROR_CODES = {
  SYSCALL_FAILED: {
    exit: EXIT.failed,
    meaning: "A system call failed, and no other code fits.",
  },
  VERIFIER_REJECTED: {
    exit: EXIT.kernelCannot,
    meaning: "The kernel's verifier rejected a generated program.",
  },
  KERNEL_UNSUPPORTED: {
    exit: EXIT.kernelCannot,
    meaning: "This kernel lacks a required feature.",
  },
  NOT_PERMITTED: { exit: EXIT.notPermitted, meaning: "A capability or another right is missing." },
  DECODE_FAILED: {
    exit: EXIT.failed,
    meaning: "Data from outside is truncated or malformed.",
  },
  FILTER: {
    exit: EXIT.usage,
    meaning: "The filter is invalid, or cannot be evaluated here.",
  },
  USAGE: { exit: EXIT.usage, meaning: "The command line or an option given to the library is invalid." },
  PROGRAM_BUILD: {
    exit: EXIT.failed,
    meaning: "The description of a program is wrong; detected before the kernel sees it.",
  },
  TOOL_MISSING: {
    exit: EXIT.failed,
    meaning: "A system program that this command needs is not installed.",
  },
  STRANDED: {
    exit: EXIT.failed,
    meaning: "A thread could not return from a network namespace that it had entered; the run ends.",
  },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetails {
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

export class TcpdropError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = details.hint;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }
}

/** A system call returned an error. `errno` is positive, `errnoName` is like "EPERM". */
export class SyscallError extends TcpdropError {
  readonly call: string;
  readonly errno: number;
  readonly errnoName: string;

  constructor(
    what: string,
    failure: { call: string; errno: number; errnoName: string; errnoText: string },
    details: ErrorDetails = {},
  ) {
    super("SYSCALL_FAILED", `${what}: ${failure.errnoText} (${failure.call}: ${failure.errnoName})`, details);
    this.call = failure.call;
    this.errno = failure.errno;
    this.errnoName = failure.errnoName;
  }
}

/**
 * The verifier rejected a program. The message has the instruction and the complaint, `log` the whole log.
 */
export class VerifierError extends TcpdropError {
  declare readonly log: string;

  constructor(message: string, log: string, details: ErrorDetails = {}) {
    super("VERIFIER_REJECTED", message, details);
    // It has hundreds of lines, which must not appear when the error is printed or not caught.
    Object.defineProperty(this, "log", { value: log, enumerable: false });
  }
}

/** The running kernel lacks `feature`. */
export class UnsupportedError extends TcpdropError {
  readonly feature: string;
  /** The first kernel release that has it, like "5.8". */
  readonly since: string | undefined;

  constructor(message: string, feature: string, details: ErrorDetails & { since?: string } = {}) {
    super("KERNEL_UNSUPPORTED", message, details);
    this.feature = feature;
    this.since = details.since;
  }
}

/** Rights are missing; `missing` has their names ("CAP_BPF"). */
export class PermissionError extends TcpdropError {
  readonly missing: readonly string[];

  constructor(message: string, missing: readonly string[], details: ErrorDetails = {}) {
    super("NOT_PERMITTED", message, details);
    this.missing = missing;
  }
}

/**
 * Data from outside is malformed, `offset` bytes from the start of `struct`.
 */
export class DecodeError extends TcpdropError {
  readonly struct: string;
  readonly offset: number;

  constructor(struct: string, offset: number, problem: string, details: ErrorDetails = {}) {
    super("DECODE_FAILED", `Cannot decode ${struct} at byte ${offset}: ${problem}`, details);
    this.struct = struct;
    this.offset = offset;
  }
}

/** The command line or an option of the library is invalid. */
export class UsageError extends TcpdropError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("USAGE", message, details);
  }
}

/**
 * The thread is stuck in the network namespace `inode`, which it entered for one call: everything that it
 * reads or opens from now on belongs to that namespace. There is no fallback, so nobody may catch this and go
 * on.
 */
export class StrandedError extends TcpdropError {
  readonly inode: number;

  constructor(inode: number, details: ErrorDetails = {}) {
    super("STRANDED", `Cannot return from network namespace ${inode}, which this thread had entered`, {
      hint: "Start it again: this process cannot get back to its own namespace.",
      ...details,
    });
    this.inode = inode;
  }
}

/** The description of a program or a map is wrong: a bug in the code that made it. */
export class BuildError extends TcpdropError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("PROGRAM_BUILD", message, details);
  }
}

/** What is wrong in the text of a filter, and what would be right. */
export interface FilterFault {
  readonly text: string;
  /** UTF-16 units of `text`, from and up to. */
  readonly start: number;
  readonly end: number;
  readonly problem: string;
  readonly expected?: string | undefined;
  /** Similar valid forms, the most similar first. */
  readonly nearest?: readonly string[] | undefined;
  /** What to do, if the text itself is right. */
  readonly advice?: string | undefined;
}

/**
 * An invalid filter. The message has the line with a caret under the fault; `hint` has what was expected and
 * the nearest valid forms.
 */
export class FilterError extends TcpdropError {
  declare readonly fault: FilterFault;

  constructor(fault: FilterFault) {
    super("FILTER", `${fault.problem}\n${pointedAt(fault)}`, { hint: filterHint(fault) });
    // The text may be megabytes long, which must not appear when the error is printed.
    Object.defineProperty(this, "fault", { value: fault, enumerable: false });
  }
}

function filterHint({ expected, nearest = [], advice = "" }: FilterFault): string | undefined {
  const parts = [
    expected === undefined ? "" : `Expected ${expected}.`,
    nearest.length === 0 ? "" : `Did you mean ${nearest.join(", ")}?`,
    advice,
  ];
  return parts.filter((part) => part !== "").join(" ") || undefined;
}

/** Characters of a line that fit a terminal. */
const EXCERPT = 72;

/**
 * The line with the fault, or an excerpt of it, and a caret below; with the line's number if the text has
 * several lines.
 */
function pointedAt({ text, start, end }: FilterFault): string {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const newline = text.indexOf("\n", start);
  const lineEnd = (newline < 0 ? text.length : newline) - (text[newline - 1] === "\r" ? 1 : 0);
  const from = start - lineStart <= EXCERPT - 12 ? lineStart : start - EXCERPT / 2;
  const to = Math.min(lineEnd, from + EXCERPT);
  const before = from > lineStart ? "..." : "";
  const number = text.includes("\n") ? `line ${text.slice(0, start).split("\n").length}: ` : "";
  const excerpt = printable(text.slice(from, to));
  const width = Math.max(1, columns(text.slice(start, Math.min(end, to))));
  return `  ${number}${before}${excerpt}${to < lineEnd ? "..." : ""}\n  ${" ".repeat(number.length + before.length + columns(text.slice(from, start)))}^${"~".repeat(width - 1)}`;
}

/** Characters two columns wide, roughly (Unicode's UAX 11). */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function columns(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);
}

/**
 * Control characters become dots: the contents of a file must not control the terminal.
 */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => (character === "\t" ? " " : "."));
}
