/** What the iterator over tasks writes of one process. */
import { CheckedView } from "../../bytes/checked-view.ts";
import { bytes, struct, u32, u64 } from "../../bytes/struct.ts";
import { commAt } from "./socket-file-record.ts";

export const processRecord = struct("process", 48, {
  startNs: u64(0),
  cgroupId: u64(8),
  /** 0 where it is not known. */
  netnsCookie: u64(16),
  pid: u32(24),
  netns: u32(28),
  comm: bytes(32, 16),
});

export interface ProcessEntry {
  /** In the first pid namespace. */
  readonly pid: number;
  /** CLOCK_BOOTTIME. */
  readonly startNs: bigint;
  /** In the v2 hierarchy. */
  readonly cgroupId: bigint;
  /** Inode number of its network namespace; 0 while it ends. */
  readonly netns: number;
  readonly netnsCookie: bigint | undefined;
  readonly comm: string;
}

const { fields, size } = processRecord;

/** The records of the first `length` bytes. */
export function* readProcesses(block: Buffer, length: number): Iterable<ProcessEntry> {
  const view = new CheckedView(block);
  for (let at = 0; at + size <= length; at += size) {
    const cookie = view.u64(at + fields.netnsCookie.offset);
    yield {
      pid: view.u32(at + fields.pid.offset),
      startNs: view.u64(at + fields.startNs.offset),
      cgroupId: view.u64(at + fields.cgroupId.offset),
      netns: view.u32(at + fields.netns.offset),
      netnsCookie: cookie === 0n ? undefined : cookie,
      comm: commAt(block, at + fields.comm.offset),
    };
  }
}
