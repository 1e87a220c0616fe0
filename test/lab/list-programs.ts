/**
 * The programs loaded in the kernel, as `bpftool prog` lists them. A program that vanishes meanwhile is left
 * out.
 */
import { check, ERRNO } from "../../src/sys/errno.ts";
import { OwnedFd } from "../../src/sys/fd.ts";
import type { Syscalls } from "../../src/sys/syscalls.ts";
import * as uapi from "../../src/sys/uapi.gen.ts";

export interface ListedProgram {
  readonly id: number;
  /** At most 15 bytes; "" if it was loaded without a name. */
  readonly name: string;
  /** BPF_PROG_TYPE_*. */
  readonly type: number;
}

/** Ordered by id. Needs CAP_SYS_ADMIN: without it, a SyscallError with EPERM. */
export function listPrograms(sys: Syscalls): readonly ListedProgram[] {
  const programs: ListedProgram[] = [];
  for (let id = nextId(sys, 0); id !== undefined; id = nextId(sys, id)) {
    const program = describe(sys, id);
    if (program !== undefined) programs.push(program);
  }
  return programs;
}

/** The kernel writes the next id into the attr. */
function nextId(sys: Syscalls, id: number): number | undefined {
  const attr = uapi.bpfAttrObjectId.encode({ id });
  const result = sys.bpf(uapi.BPF_PROG_GET_NEXT_ID, attr);
  if (result === -ERRNO.ENOENT) return undefined;
  check(result, "bpf(BPF_PROG_GET_NEXT_ID)", "Cannot list the loaded programs");
  return uapi.bpfAttrObjectId.decode(attr).nextId;
}

function describe(sys: Syscalls, id: number): ListedProgram | undefined {
  const fd = sys.bpf(uapi.BPF_PROG_GET_FD_BY_ID, uapi.bpfAttrObjectId.encode({ id }));
  if (fd === -ERRNO.ENOENT) return undefined;
  using owned = new OwnedFd(
    sys,
    check(fd, "bpf(BPF_PROG_GET_FD_BY_ID)", `Cannot open the program with id ${id}`),
    `program ${id}`,
  );
  const bytes = new Uint8Array(uapi.bpfProgInfo.size);
  const attr = uapi.bpfAttrObjectInfo.encode({
    bpfFd: owned.fd,
    infoLen: bytes.byteLength,
    info: sys.addressOf(bytes),
  });
  check(
    sys.bpf(uapi.BPF_OBJ_GET_INFO_BY_FD, attr),
    "bpf(BPF_OBJ_GET_INFO_BY_FD)",
    `Cannot query the program with id ${id}`,
  );
  const { name, type } = uapi.bpfProgInfo.decode(bytes);
  return { id, name: Buffer.from(name).toString("latin1").replace(/\0.*$/s, ""), type };
}
