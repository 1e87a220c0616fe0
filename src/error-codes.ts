/** The codes of errors, and the exit codes that they lead to. docs/errors.md is compared with the table. */

/**
 * Exit codes of the command line; documented in docs/errors.md.
 *
 * @example
 * ```ts
 * import { EXIT, TcpdropError } from "tcpdrop";
 *
 * const failure = new TcpdropError("USAGE", "no such option");
 * console.log(failure.exitCode === EXIT.usage, EXIT.notPermitted);
 * // prints: true 4
 * ```
 */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  kernelCannot: 3,
  notPermitted: 4,
  /** `tcpdrop doctor --seconds` found something wrong. */
  wrong: 5,
} as const;

/**
 * One row per code: its meaning, and the exit code if nobody catches the error.
 *
 * @example
 * ```ts
 * import { ERROR_CODES } from "tcpdrop";
 *
 * console.log(ERROR_CODES.NOT_PERMITTED.meaning);
 * // prints: A capability or another right is missing.
 * ```
 */
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
