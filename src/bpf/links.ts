/** Links: what keeps a program attached. They end with their descriptor, however the process dies. */
import { BuildError } from "../errors.ts";
import { check } from "../sys/errno.ts";
import { OwnedFd } from "../sys/fd.ts";
import { XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE } from "../sys/macros.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import * as uapi from "../sys/uapi.gen.ts";
import type { Program } from "./program.ts";
import { formatAttach } from "./program-spec.ts";

/**
 * Attaches a program to what its spec names. Disposing detaches. Programs that need more than that are a
 * BuildError: see attachXdp, receiveFrames, attachCgroupSkb, attachKprobe.
 */
export function attach(sys: Syscalls, program: Program): OwnedFd {
  const { spec } = program;
  if (spec.attach.kind === "iter") return attachIterator(sys, program);
  if (spec.attach.kind === "xdp")
    throw new BuildError(
      `The XDP program ${spec.name} names no device: attachXdp does, or receiveFrames runs it`,
    );
  if (spec.attach.kind === "cgroup_skb")
    throw new BuildError(`The program ${spec.name} names no control group: attachCgroupSkb does`);
  if (spec.attach.kind === "kprobe" || spec.attach.kind === "kretprobe")
    throw new BuildError(`The program ${spec.name} is for attachKprobe`);
  const name =
    spec.attach.kind === "raw_tp" ? new TextEncoder().encode(`${spec.attach.tracepoint}\0`) : undefined;
  // The others know what they trace from load, and the name must be absent.
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

function attachIterator(sys: Syscalls, program: Program): OwnedFd {
  const attr = uapi.bpfAttrLinkCreate.encode({ progFd: program.fd, attachType: uapi.BPF_TRACE_ITER });
  const fd = check(
    sys.bpf(uapi.BPF_LINK_CREATE, attr),
    "bpf(BPF_LINK_CREATE)",
    `Cannot attach the iterator ${program.spec.name}`,
  );
  return new OwnedFd(sys, fd, `link of ${program.spec.name}`);
}

/**
 * A run of an iterator: reading the descriptor to its end walks all objects, in the network namespace of the
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

/**
 * Attaches an XDP program to a device of this thread's network namespace: in its driver ("native"), or for
 * any device, on skbs. Since Linux 5.9.
 */
export function attachXdp(
  sys: Syscalls,
  program: Program,
  ifindex: number,
  mode: "native" | "generic",
): OwnedFd {
  const flags = mode === "native" ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
  const attr = uapi.bpfAttrLinkCreate.encode({
    progFd: program.fd,
    targetFd: ifindex,
    attachType: uapi.BPF_XDP,
    flags,
  });
  const what = `Cannot attach ${program.spec.name} to the device with index ${ifindex} (${mode} XDP)`;
  return new OwnedFd(
    sys,
    check(sys.bpf(uapi.BPF_LINK_CREATE, attr), "bpf(BPF_LINK_CREATE)", what),
    `link of ${program.spec.name}`,
  );
}

/**
 * Attaches a program to what sockets of a control group receive ("ingress") or send ("egress"). `cgroup` is
 * its folder, of version 2. Since Linux 5.7.
 */
export function attachCgroupSkb(
  sys: Syscalls,
  program: Program,
  cgroup: OwnedFd,
  direction: "ingress" | "egress",
): OwnedFd {
  const attachType = direction === "ingress" ? uapi.BPF_CGROUP_INET_INGRESS : uapi.BPF_CGROUP_INET_EGRESS;
  const attr = uapi.bpfAttrLinkCreate.encode({ progFd: program.fd, targetFd: cgroup.fd, attachType });
  const what = `Cannot attach ${program.spec.name} to a control group (${direction})`;
  return new OwnedFd(
    sys,
    check(sys.bpf(uapi.BPF_LINK_CREATE, attr), "bpf(BPF_LINK_CREATE)", what),
    `link of ${program.spec.name}`,
  );
}
