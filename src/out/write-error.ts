/** What Node says of a write or an open that failed, as an error of ours. */
import { SyscallError } from "../errors.ts";

export function writeError(failure: unknown, what = "Cannot write the output"): SyscallError {
  const { code = "UNKNOWN", errno = 0, message, syscall = "write" } = failure as NodeJS.ErrnoException;
  // Node's messages are "ENOSPC: no space left on device, write".
  const errnoText = message.replace(/^[A-Z0-9]+: /, "").replace(/, \w+( '.*')?$/s, "");
  return new SyscallError(
    what,
    { call: syscall, errno: -errno, errnoName: code, errnoText },
    { cause: failure },
  );
}
