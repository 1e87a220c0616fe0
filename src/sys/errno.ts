/**
 * errno: numbers to names, failures to errors. The names are Node's, which libuv takes from the platform's
 * headers.
 */
import { constants } from "node:os";
import { type ErrorDetails, SyscallError } from "../errors.ts";
import { getSystemErrorMessage } from "./system-error.ts";

/** EWOULDBLOCK equals EAGAIN, the name that manual pages use. */
const names = new Map(
  Object.entries(constants.errno)
    .filter(([name]) => name !== "EWOULDBLOCK")
    .map(([name, number]) => [number, name]),
);
/** Kernel-internal, but returned by bpf(2); in no user header: include/linux/errno.h. */
const ENOTSUPP = 524;

export const ERRNO: Readonly<typeof constants.errno> = constants.errno;

export function errnoName(errno: number): string {
  if (errno === ENOTSUPP) return "ENOTSUPP";
  return names.get(errno) ?? `errno ${errno}`;
}

/** Returns `result` if it is not negative; else throws a SyscallError that says what was tried. */
export function check(result: number, call: string, what: string, details: ErrorDetails = {}): number {
  if (result >= 0) return result;
  throw syscallError(-result, call, what, details);
}

export function syscallError(
  errno: number,
  call: string,
  what: string,
  details: ErrorDetails = {},
): SyscallError {
  return new SyscallError(
    what,
    { call, errno, errnoName: errnoName(errno), errnoText: getSystemErrorMessage(errno) },
    details,
  );
}
