/** Links keep a program attached. They end with their descriptor, however the process dies. */
import { BuildError } from "../errors.ts";
import { check } from "../sys/errno.ts";
import { OwnedFd } from "../sys/fd.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import * as uapi from "../sys/uapi.gen.ts";
import type { Program } from "./program.ts";
import { formatAttach } from "./program-spec.ts";

/**
 * Attaches a program to the target that its spec names. Disposing detaches. A program whose spec names no
 * target, or that attachKprobe attaches, is a BuildError.
 */
export function attach(sys: Syscalls, program: Program): OwnedFd {
  const { spec } = program;
  if (spec.attach.kind === "iter") return attachIterator(sys, program);
  if (spec.attach.kind === "xdp" || spec.attach.kind === "cgroup_skb")
    throw new BuildError(`Cannot attach ${spec.name}: its spec names no device or control group`);
  if (spec.attach.kind === "kprobe" || spec.attach.kind === "kretprobe")
    throw new BuildError(`The program ${spec.name} is for attachKprobe`);
  const name =
    spec.attach.kind === "raw_tp" ? new TextEncoder().encode(`${spec.attach.tracepoint}\0`) : undefined;
  // For the others, the target was set at load, and the name must be absent.
  const attr = uapi.bpfAttrRawTracepointOpen.encode({
    name: name === undefined ? 0n : sys.addressOf(name),
    progFd: program.fd,
  });
  const fd = check(
    sys.bpf(uapi.BPF_RAW_TRACEPOINT_OPEN, attr),
    "bpf(BPF_RAW_TRACEPOINT_OPEN)",
    `Cannot attach ${spec.name} to ${formatAttach(spec.attach)}`,
  );
  return new OwnedFd(sys, fd, `link of ${spec.name}`);
}

/**
 * Attaches an iterator over tasks or their files to one process alone; its number is that of the caller's pid
 * namespace. Where there is no such process, the iterator finds nothing. Before Linux 6.1 the kernel says
 * E2BIG.
 */
export function attachToProcess(sys: Syscalls, program: Program, pid: number): OwnedFd {
  return attachIterator(sys, program, uapi.bpfIterLinkInfoTask.encode({ pid }));
}

function attachIterator(sys: Syscalls, program: Program, info?: Uint8Array): OwnedFd {
  const attr = uapi.bpfAttrLinkCreate.encode({
    progFd: program.fd,
    attachType: uapi.BPF_TRACE_ITER,
    iterInfo: info === undefined ? 0n : sys.addressOf(info),
    iterInfoLen: info?.length ?? 0,
  });
  const fd = check(
    sys.bpf(uapi.BPF_LINK_CREATE, attr),
    "bpf(BPF_LINK_CREATE)",
    `Cannot attach the iterator ${program.spec.name}`,
  );
  return new OwnedFd(sys, fd, `link of ${program.spec.name}`);
}

/**
 * One run of an iterator: reading the descriptor to its end walks all objects in the network namespace of its
 * opener.
 */
export function openIterator(sys: Syscalls, link: OwnedFd): OwnedFd {
  const attr = uapi.bpfAttrIterCreate.encode({ linkFd: link.fd });
  return new OwnedFd(
    sys,
    check(sys.bpf(uapi.BPF_ITER_CREATE, attr), "bpf(BPF_ITER_CREATE)", "Cannot start the iterator"),
    "iterator",
  );
}
