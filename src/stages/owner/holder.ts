/** Which of the processes that hold a socket is told, and whether others may hold it too. */
import type { SocketFile } from "../../capture/iterators/socket-file-record.ts";

/** The process that is told, as it was seen. */
export interface Holder extends SocketFile {
  /** How many processes hold it; absent where others may that were not seen. */
  readonly holders: number | undefined;
  /** References to the open file that its own descriptors are not: others', or of calls that wait. */
  readonly others: number | undefined;
  readonly seenMs: number;
}

/** A process, and no other that has its number later. */
export type Identified = Pick<SocketFile, "pid" | "startNs">;

/** systemd keeps the sockets that it made for services. */
const INIT = 1;

/**
 * The process that was there first; the first one of the machine only where nobody else holds the socket. Who
 * was told before is told again as long as it holds it. `files` are of one socket, and may have a descriptor
 * more than once; `areAll` where all processes were looked at.
 */
export function chooseHolder(
  files: readonly SocketFile[],
  areAll: boolean,
  seenMs: number,
  told?: Identified,
): Holder | undefined {
  let chosen: SocketFile | undefined;
  for (const file of files) if (chosen === undefined || isRather(file, chosen, told)) chosen = file;
  if (chosen === undefined) return undefined;
  const { pid } = chosen;
  const holders = areAll || areAllSeen(files) ? new Set(files.map((each) => each.pid)).size : undefined;
  return { ...chosen, holders, others: othersOf(files.filter((each) => each.pid === pid)), seenMs };
}

/** These descriptors are all references to the open file: nobody else holds it. */
export function areAllSeen(files: readonly SocketFile[]): boolean {
  return files.length > 0 && othersOf(files) === 0;
}

/**
 * It still holds the socket, with these descriptors, and as many others do as before. One that was alone may
 * have fewer references than then: calls that wait come and go.
 */
export function isUnchanged({ holders, others }: Holder, own: readonly SocketFile[]): boolean {
  const now = othersOf(own);
  if (own.length === 0 || holders === undefined) return false;
  if (now === undefined || others === undefined) return now === others;
  return holders === 1 ? now <= others : now === others;
}

export function isSameProcess(one: Identified, other: Identified | undefined): boolean {
  return one.pid === other?.pid && one.startNs === other.startNs;
}

function othersOf(files: readonly SocketFile[]): number | undefined {
  let most = 0;
  for (const { references } of files) {
    if (references === undefined) return undefined;
    most = Math.max(most, references);
  }
  return Math.max(0, most - new Set(files.map(({ pid, fd }) => `${pid} ${fd}`)).size);
}

function isRather(file: SocketFile, than: SocketFile, told: Identified | undefined): boolean {
  if (file.pid === than.pid) return false;
  if (than.pid === INIT || file.pid === INIT) return than.pid === INIT;
  if (isSameProcess(than, told) || isSameProcess(file, told)) return isSameProcess(file, told);
  return file.startNs === than.startNs ? file.pid < than.pid : file.startNs < than.startNs;
}
