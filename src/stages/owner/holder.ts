/** Which of the processes that hold a socket is told. */
import type { SocketFile } from "../../capture/iterators/socket-file-record.ts";

/** The process that is told, as it was seen. */
export interface Holder extends SocketFile {
  /** How many processes hold it; absent where not all were looked at. */
  readonly holders: number | undefined;
  readonly seenMs: number;
  /** It closed the socket. Otherwise another may have had it since it was seen. */
  readonly isLast?: boolean;
}

/** systemd keeps the sockets that it made for services. */
const INIT = 1;

/**
 * The process that was there first; the first one of the machine only where nobody else holds the socket.
 * `files` are of one socket, and may have a process more than once.
 */
export function chooseHolder(
  files: readonly SocketFile[],
  areAll: boolean,
  seenMs: number,
): Holder | undefined {
  let chosen: SocketFile | undefined;
  for (const file of files) if (chosen === undefined || isRather(file, chosen)) chosen = file;
  const holders = areAll ? new Set(files.map(({ pid }) => pid)).size : undefined;
  return chosen === undefined ? undefined : { ...chosen, holders, seenMs };
}

function isRather(file: SocketFile, than: SocketFile): boolean {
  if (file.pid === than.pid) return false;
  if (than.pid === INIT || file.pid === INIT) return than.pid === INIT;
  return file.startNs === than.startNs ? file.pid < than.pid : file.startNs < than.startNs;
}
