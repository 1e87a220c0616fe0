/**
 * Imported before a program: installs a seccomp filter by which bpf(2) fails with EPERM, as the default
 * profiles of container runtimes do.
 */
import koffi from "koffi";
import { NR_BPF } from "../../src/sys/macros.ts";

/** linux/prctl.h, linux/seccomp.h, linux/filter.h */
const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_FILTER = 2;
const SECCOMP_RET_ERRNO = 0x0005_0000;
const SECCOMP_RET_ALLOW = 0x7fff_0000;
const EPERM = 1;
const [LOAD_WORD, JUMP_EQUAL, RETURN] = [0x20, 0x15, 0x06];

const prctl = koffi
  .load(null)
  .func("int prctl(int option, unsigned long a, void *b, unsigned long c, unsigned long d)");

/** struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; } */
function instruction(code: number, k: number, jumpIfEqual = 0, jumpElse = 0): Uint8Array {
  const bytes = new Uint8Array(8);
  new Uint16Array(bytes.buffer, 0, 1).set([code]);
  bytes.set([jumpIfEqual, jumpElse], 2);
  new Uint32Array(bytes.buffer, 4, 1).set([k]);
  return bytes;
}

/** The system call's number stands at offset 0 of seccomp_data. */
const filter = Buffer.concat([
  instruction(LOAD_WORD, 0),
  instruction(JUMP_EQUAL, NR_BPF, 0, 1),
  instruction(RETURN, SECCOMP_RET_ERRNO | EPERM),
  instruction(RETURN, SECCOMP_RET_ALLOW),
]);
/** struct sock_fprog { u16 len; struct sock_filter *filter; } */
const program = new BigUint64Array([BigInt(filter.length / 8), koffi.address(filter)]);

if (
  prctl(PR_SET_NO_NEW_PRIVS, 1, null, 0, 0) !== 0 ||
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, new Uint8Array(program.buffer), 0, 0) !== 0
)
  throw new Error(`The filter could not be installed: errno ${koffi.errno()}`);
