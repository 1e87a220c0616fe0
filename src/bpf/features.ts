/**
 * Feature probes with three answers: present, absent, unknown. Decided by trying, never by a version number.
 */
import type { Btf } from "../btf/index.ts";
import { ERRNO } from "../sys/errno.ts";
import { OwnedFd } from "../sys/fd.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import * as uapi from "../sys/uapi.gen.ts";
import { Assembler } from "./assembler.ts";
import { encodeInstructions } from "./instruction.ts";
import { withMemlockRaised } from "./memlock.ts";
import { attachTypeOf, type TracingKind, tracingTarget } from "./tracing-target.ts";

export type Answer =
  | { readonly kind: "present" }
  | { readonly kind: "absent"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

const PRESENT: Answer = { kind: "present" };

/** Whether a map of this type and geometry can be created. */
export function haveMap(
  sys: Syscalls,
  mapType: number,
  geometry: { keySize: number; valueSize: number; maxEntries: number },
): Answer {
  const attr = uapi.bpfAttrMapCreate.encode({ mapType, ...geometry });
  return fromResult(
    sys,
    withMemlockRaised(sys, () => sys.bpf(uapi.BPF_MAP_CREATE, attr)),
    "map",
  );
}

/** Whether a program that returns 0 loads with this type, attach type and BTF target. */
export function haveProgram(
  sys: Syscalls,
  progType: number,
  expectedAttachType: number,
  attachBtfId: number,
): Answer {
  const asm = new Assembler();
  asm.alu("mov", 0, { constant: 0 });
  asm.exit();
  const insns = encodeInstructions(asm.finish().instructions);
  const license = new TextEncoder().encode("Dual MIT/GPL\0");
  const attr = uapi.bpfAttrProgLoad.encode({
    progType,
    expectedAttachType,
    attachBtfId,
    insnCnt: insns.byteLength / 8,
    insns: sys.addressOf(insns),
    license: sys.addressOf(license),
  });
  return fromResult(sys, sys.bpf(uapi.BPF_PROG_LOAD, attr), "program");
}

/** Whether tp_btf, fentry, fexit or an iterator can be used on a name in the kernel's BTF. */
export function haveTracing(sys: Syscalls, btf: Btf, kind: TracingKind, name: string): Answer {
  const { found } = tracingTarget(btf, kind, name);
  if (found === undefined) return { kind: "absent", why: `the kernel's BTF has no ${name}` };
  return haveProgram(sys, uapi.BPF_PROG_TYPE_TRACING, attachTypeOf(kind), found.id);
}

function fromResult(sys: Syscalls, result: number, what: string): Answer {
  if (result >= 0) {
    new OwnedFd(sys, result, what)[Symbol.dispose]();
    return PRESENT;
  }
  if (result === -ERRNO.EINVAL || result === -ERRNO.E2BIG)
    return { kind: "absent", why: "the kernel does not know it" };
  if (result === -ERRNO.EPERM)
    return { kind: "unknown", why: "refused (EPERM): rights are missing, or this kernel does not allow it" };
  return { kind: "unknown", why: `errno ${-result}` };
}
