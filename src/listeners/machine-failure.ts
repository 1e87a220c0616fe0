/** Failures that the machine is to blame for, and that may be over the next time: no descriptors, say. */
import { StrandedError, TcpdropError } from "../errors.ts";

/**
 * What failed, in one line. Throws again what is a mistake of the program, and what leaves this thread in
 * another network namespace: neither is over the next time.
 */
export function machineFailure(failure: unknown): string {
  if (failure instanceof StrandedError) throw failure;
  if (failure instanceof TcpdropError) return failure.message;
  if (isSystemError(failure)) {
    const hint = failure.code === "EMFILE" ? ". Raise the limit of open files: ulimit -n" : "";
    return `${failure.message}${hint}`;
  }
  throw failure;
}

/** What Node throws for a failed system call. */
function isSystemError(failure: unknown): failure is NodeJS.ErrnoException {
  return failure instanceof Error && "syscall" in failure && "code" in failure;
}
