/** What the iterator over files writes of one descriptor that is a socket. */
import { cString } from "../../bytes/c-string.ts";
import { CheckedView } from "../../bytes/checked-view.ts";
import { bytes, struct, u8, u16, u32, u64 } from "../../bytes/struct.ts";

export const socketFileRecord = struct("socket_file", 96, {
  /** CLOCK_BOOTTIME, of the process's first thread. */
  startNs: u64(0),
  /** Of the process, in the v2 hierarchy. */
  cgroupId: u64(8),
  /** 0 where it has none, and this kernel makes none for such a program. */
  cookie: u64(16),
  tgid: u32(24),
  /** Effective. */
  uid: u32(28),
  /** Numbers of sockets' inodes have 32 bits (get_next_ino(), fs/inode.c). */
  inode: u32(32),
  /** Inode number of the socket's network namespace. */
  netns: u32(36),
  /** The local one; host order. */
  port: u16(40),
  family: u16(42),
  /** Of its protocol: TCP's states where it is TCP. */
  state: u8(44),
  comm: bytes(48, 16),
  /** 0 where the kernel has none, or has made none yet. */
  netnsCookie: u64(64),
  /** To the open file, from wherever; 0 where that is not known. */
  references: u32(72),
  fd: u32(76),
  /** Threads that use the table of descriptors, */
  tableUsers: u32(80),
  /** and those that the process has. */
  threads: u32(84),
  /** How often the process has called execve(2). */
  execId: u64(88),
});

/** A process holds a socket. */
export interface SocketFile {
  readonly inode: number;
  /** In the first pid namespace. */
  readonly pid: number;
  readonly startNs: bigint;
  readonly cgroupId: bigint;
  readonly uid: number;
  readonly comm: string;
  /** Another one for each program that the process has run. */
  readonly execId: bigint;
  /** Absent where it has none. */
  readonly cookie: bigint | undefined;
  readonly netns: number;
  /** Its namespace's: an inode number is used again. Absent where it has none. */
  readonly netnsCookie: bigint | undefined;
  readonly port: number;
  readonly state: number;
  readonly fd: number;
  /**
   * To the open file: one for each descriptor of each process, and some that come and go (a call that waits).
   * Absent where it is not known, or other processes use the same table of descriptors.
   */
  readonly references: number | undefined;
}

const { fields, size } = socketFileRecord;

/** Records of one block, read where they lie; `bytes` is filled anew for each block. */
export class SocketFileReader {
  readonly #bytes: Buffer;
  readonly #view: CheckedView;

  constructor(block: Buffer) {
    this.#bytes = block;
    this.#view = new CheckedView(block);
  }

  /**
   * The sockets of the first `length` bytes. Where `isWanted` says no, nothing more is read of it.
   *
   * Once for each descriptor; on 6.1 one descriptor of a process with threads may be told twice.
   */
  *read(length: number, isWanted: (inode: number, pid: number) => boolean): Iterable<SocketFile> {
    const view = this.#view;
    for (let at = 0; at + size <= length; at += size) {
      const inode = view.u32(at + fields.inode.offset);
      const pid = view.u32(at + fields.tgid.offset);
      if (!isWanted(inode, pid)) continue;
      const cookie = view.u64(at + fields.cookie.offset);
      const netnsCookie = view.u64(at + fields.netnsCookie.offset);
      yield {
        inode,
        pid,
        startNs: view.u64(at + fields.startNs.offset),
        cgroupId: view.u64(at + fields.cgroupId.offset),
        uid: view.u32(at + fields.uid.offset),
        comm: commAt(this.#bytes, at + fields.comm.offset),
        execId: view.u64(at + fields.execId.offset),
        cookie: cookie === 0n ? undefined : cookie,
        netns: view.u32(at + fields.netns.offset),
        netnsCookie: netnsCookie === 0n ? undefined : netnsCookie,
        port: view.u16(at + fields.port.offset),
        state: view.u8(at + fields.state.offset),
        fd: view.u32(at + fields.fd.offset),
        references: referencesAt(view, at),
      };
    }
  }
}

/** With clone(CLONE_FILES) a descriptor of several processes is one reference. */
function referencesAt(view: CheckedView, at: number): number | undefined {
  const references = view.u32(at + fields.references.offset);
  const isShared = view.u32(at + fields.tableUsers.offset) > view.u32(at + fields.threads.offset);
  return references === 0 || isShared ? undefined : references;
}

const COMM_BYTES = 16;

/** A process's name. */
export function commAt(block: Uint8Array, at: number): string {
  return cString(block.subarray(at, at + COMM_BYTES));
}
