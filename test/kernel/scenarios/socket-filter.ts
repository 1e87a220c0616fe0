/** A socket filter that rejects everything. */
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { libcSyscalls } from "../../../src/sys/libc.ts";
import { BPF_K } from "../../../src/sys/macros.ts";
import { setOption } from "../../../src/sys/sockets.ts";
import { SO_ATTACH_FILTER, SOL_SOCKET } from "../../lab/macros.ts";

/** BPF_RET, linux/bpf_common.h: returns 0 bytes. */
const TAKE_NOTHING = Uint32Array.of(0x06 | BPF_K, 0);

export function filterAll(socket: OwnedFd): void {
  // struct sock_fprog, linux/filter.h: number of instructions, and their address.
  const program = BigUint64Array.of(1n, libcSyscalls.addressOf(new Uint8Array(TAKE_NOTHING.buffer)));
  setOption(socket, SOL_SOCKET, SO_ATTACH_FILTER, new Uint8Array(program.buffer));
}
