/** What the finder looks at. */
import type { SocketFile } from "../../capture/iterators/socket-file-record.ts";
import type { IsWanted, OnSocket } from "../../capture/iterators/socket-file-walker.ts";

/** What looks at processes: the iterators, or a test's. */
export interface SocketMachine {
  /** False where processes cannot be looked at one by one. */
  walkProcess(pid: number, isWanted: IsWanted, onSocket: OnSocket): boolean;
  /** False where it was ended before all were seen. */
  walk(isWanted: IsWanted, onSocket: OnSocket): Promise<boolean>;
  /** CPU time of this process. */
  cpuMs(): number;
  /** Processes of a cgroup; undefined where they are not known, or too many to look at one by one. */
  processesOf(cgroupId: bigint): readonly number[] | undefined;
}

/** Gathers what is seen by socket. */
export function append(files: Map<number, SocketFile[]>, file: SocketFile): void {
  const ofOne = files.get(file.inode);
  if (ofOne === undefined) files.set(file.inode, [file]);
  else ofOne.push(file);
}
