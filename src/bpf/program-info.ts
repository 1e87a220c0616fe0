/** What the kernel reports about a loaded program, whoever loaded it. */
import { check } from "../sys/errno.ts";
import { OwnedFd } from "../sys/fd.ts";
import type { Fd, Syscalls } from "../sys/syscalls.ts";
import * as uapi from "../sys/uapi.gen.ts";

/**
 * What the kernel counts for a program. Run time and run count rise while somebody holds
 * `enableRunStatistics`; misses always count.
 */
export interface ProgramInfo {
  readonly id: number;
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
  readonly recursionMisses: bigint;
  /** 0 before Linux 5.16. */
  readonly verifiedInstructions: number;
  readonly jitedBytes: number;
}

/** BPF_OBJ_GET_INFO_BY_FD; `what` is for the error: "the program NAME". */
export function readProgramInfo(sys: Syscalls, fd: Fd, what: string): ProgramInfo {
  const bytes = new Uint8Array(uapi.bpfProgInfo.size);
  const attr = uapi.bpfAttrObjectInfo.encode({
    bpfFd: fd,
    infoLen: bytes.byteLength,
    info: sys.addressOf(bytes),
  });
  check(sys.bpf(uapi.BPF_OBJ_GET_INFO_BY_FD, attr), "bpf(BPF_OBJ_GET_INFO_BY_FD)", `Cannot query ${what}`);
  const info = uapi.bpfProgInfo.decode(bytes);
  return {
    id: info.id,
    runTimeNs: info.runTimeNs,
    runCount: info.runCnt,
    recursionMisses: info.recursionMisses,
    verifiedInstructions: info.verifiedInsns,
    jitedBytes: info.jitedProgLen,
  };
}

/**
 * The same for a program of any process. Needs CAP_SYS_ADMIN; a program that is gone is a SyscallError with
 * ENOENT.
 */
export function programInfoById(sys: Syscalls, id: number): ProgramInfo {
  const what = `the program with id ${id}`;
  const fd = check(
    sys.bpf(uapi.BPF_PROG_GET_FD_BY_ID, uapi.bpfAttrObjectId.encode({ id })),
    "bpf(BPF_PROG_GET_FD_BY_ID)",
    `Cannot open ${what}`,
  );
  using owned = new OwnedFd(sys, fd, what);
  return readProgramInfo(sys, owned.fd, what);
}

/**
 * Makes the kernel measure the run time of every program of the machine while the descriptor is open: each
 * run then reads the clock twice. Needs CAP_SYS_ADMIN and Linux 5.8.
 */
export function enableRunStatistics(sys: Syscalls): OwnedFd {
  const attr = uapi.bpfAttrEnableStats.encode({ type: uapi.BPF_STATS_RUN_TIME });
  return new OwnedFd(
    sys,
    check(sys.bpf(uapi.BPF_ENABLE_STATS, attr), "bpf(BPF_ENABLE_STATS)", "Cannot enable run-time statistics"),
    "run-time statistics",
  );
}
