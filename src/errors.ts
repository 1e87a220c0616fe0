/**
 * All errors that this project throws on purpose, with one table of codes. A test compares docs/errors.md
 * with the table.
 *
 * Messages say what was tried, on what, and why it failed; `hint` says what to do about it.
 */
import { ERROR_CODES, type ErrorCode } from "./error-codes.ts";
import { pointedAt } from "./fault-excerpt.ts";

export { ERROR_CODES, type ErrorCode, EXIT } from "./error-codes.ts";

export interface ErrorDetails {
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * What everything here throws on purpose; `code` distinguishes the cases.
 *
 * @example
 * ```ts
 * import { parseFilter, TcpdropError } from "tcpdrop";
 *
 * try {
 *   parseFilter("prot 443");
 * } catch (failure) {
 *   if (!(failure instanceof TcpdropError)) throw failure;
 *   console.log(failure.code, failure.exitCode);
 * }
 * // prints: FILTER 2
 * ```
 */
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

/**
 * A system call returned an error. `errno` is positive, `errnoName` is like "EPERM".
 *
 * @example
 * ```ts
 * import { programInfoById, SyscallError } from "tcpdrop/ebpf";
 *
 * try {
 *   programInfoById(2 ** 31 - 1);
 * } catch (failure) {
 *   if (failure instanceof SyscallError) console.log(failure.call, failure.errnoName);
 * }
 * // prints: bpf(BPF_PROG_GET_FD_BY_ID) ENOENT
 * ```
 */
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
 *
 * @example
 * ```ts
 * import { Assembler, loadProgram, VerifierError } from "tcpdrop/ebpf";
 *
 * const asm = new Assembler();
 * asm.exit(); // without a result in R0
 * const attach = { kind: "raw_tp", tracepoint: "sys_enter" } as const;
 * try {
 *   loadProgram({ name: "wrong", attach, ...asm.finish(), license: "MIT" });
 * } catch (failure) {
 *   if (failure instanceof VerifierError) console.log(failure.log.includes("R0 !read_ok"));
 * }
 * // prints: true
 * ```
 */
export class VerifierError extends TcpdropError {
  declare readonly log: string;

  constructor(message: string, log: string, details: ErrorDetails = {}) {
    super("VERIFIER_REJECTED", message, details);
    // It has hundreds of lines, which must not appear when the error is printed or not caught.
    Object.defineProperty(this, "log", { value: log, enumerable: false });
  }
}

/**
 * The running kernel lacks `feature`.
 *
 * @example
 * ```ts
 * import { Builder, loadProgram, UnsupportedError } from "tcpdrop/ebpf";
 *
 * const attach = { kind: "fentry", function: "no_such_function" } as const;
 * try {
 *   loadProgram({ name: "nowhere", attach, ...new Builder().finish(), license: "MIT" });
 * } catch (failure) {
 *   if (failure instanceof UnsupportedError) console.log(failure.feature);
 * }
 * // prints: no_such_function
 * ```
 */
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

/**
 * Rights are missing; `missing` has their names ("CAP_BPF").
 *
 * @example
 * ```ts
 * import { PermissionError } from "tcpdrop";
 *
 * const failure = new PermissionError("Cannot attach", ["CAP_BPF"], { hint: "Run as root." });
 * console.log(failure.code, failure.missing, failure.hint);
 * // prints: NOT_PERMITTED [ 'CAP_BPF' ] Run as root.
 * ```
 */
export class PermissionError extends TcpdropError {
  readonly missing: readonly string[];

  constructor(message: string, missing: readonly string[], details: ErrorDetails = {}) {
    super("NOT_PERMITTED", message, details);
    this.missing = missing;
  }
}

/**
 * Data from outside is malformed, `offset` bytes from the start of `struct`.
 *
 * @example
 * ```ts
 * import { DecodeError, struct, u32 } from "tcpdrop/ebpf";
 *
 * try {
 *   struct("record", 4, { pid: u32(0) }).decode(Uint8Array.of(1, 2));
 * } catch (failure) {
 *   if (failure instanceof DecodeError) console.log(failure.struct, failure.offset);
 * }
 * // prints: record 0
 * ```
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

/**
 * The command line or an option of the library is invalid.
 *
 * @example
 * ```ts
 * import { openKernelBtf, UsageError } from "tcpdrop/ebpf";
 *
 * try {
 *   openKernelBtf("/no/such/file");
 * } catch (failure) {
 *   console.log(failure instanceof UsageError);
 * }
 * // prints: true
 * ```
 */
export class UsageError extends TcpdropError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("USAGE", message, details);
  }
}

/**
 * The thread is stuck in the network namespace `inode`, which it entered for one call: everything that it
 * reads or opens from now on belongs to that namespace. There is no fallback, so nobody may catch this and go
 * on.
 *
 * @example
 * ```ts
 * import { StrandedError } from "tcpdrop";
 *
 * console.log(new StrandedError(4026531840).code);
 * // prints: STRANDED
 * ```
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

/**
 * The description of a program or a map is wrong: a bug in the code that made it.
 *
 * @example
 * ```ts
 * import { Builder, BuildError } from "tcpdrop/ebpf";
 *
 * const b = new Builder();
 * try {
 *   b.buffer(1024);
 * } catch (failure) {
 *   if (failure instanceof BuildError) console.log(failure.message);
 * }
 * // prints: The program needs more than 512 bytes of stack
 * ```
 */
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
 *
 * @example
 * ```ts
 * import { FilterError, parseFilter } from "tcpdrop";
 *
 * try {
 *   parseFilter("prot 443");
 * } catch (failure) {
 *   if (failure instanceof FilterError) console.log(failure.fault.start, failure.fault.nearest);
 * }
 * // prints: 0 [ 'proto', 'port', 'pod' ]
 * ```
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
