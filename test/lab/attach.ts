/** Attaches the programs that drop packets in scenarios: XDP on a device, and cgroup programs. */
import type { Program } from "../../src/bpf/index.ts";
import { check } from "../../src/sys/errno.ts";
import { OwnedFd } from "../../src/sys/fd.ts";
import type { Syscalls } from "../../src/sys/syscalls.ts";
import * as uapi from "../../src/sys/uapi.gen.ts";
import { XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE } from "./macros.ts";

/**
 * Attaches an XDP program to a device in this thread's network namespace: in its driver ("native"), or on
 * skbs, for any device. Since Linux 5.9.
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
 * Attaches a program to what the sockets of a cgroup receive ("ingress") or send ("egress"). `cgroup` is its
 * cgroup v2 directory. Since Linux 5.7.
 */
export function attachCgroupSkb(
  sys: Syscalls,
  program: Program,
  cgroup: OwnedFd,
  direction: "ingress" | "egress",
): OwnedFd {
  const attachType = direction === "ingress" ? uapi.BPF_CGROUP_INET_INGRESS : uapi.BPF_CGROUP_INET_EGRESS;
  const attr = uapi.bpfAttrLinkCreate.encode({ progFd: program.fd, targetFd: cgroup.fd, attachType });
  const what = `Cannot attach ${program.spec.name} to a cgroup (${direction})`;
  return new OwnedFd(
    sys,
    check(sys.bpf(uapi.BPF_LINK_CREATE, attr), "bpf(BPF_LINK_CREATE)", what),
    `link of ${program.spec.name}`,
  );
}
