/** A BPF program on a cgroup (version 2) that blocks everything. */
import { Builder, Program } from "../../../src/bpf/index.ts";
import { openKernelBtf } from "../../../src/btf/index.ts";
import type { Hosts } from "../../../src/lab/hosts.ts";
import { check } from "../../../src/sys/errno.ts";
import { OwnedFd } from "../../../src/sys/fd.ts";
import { libcSyscalls } from "../../../src/sys/libc.ts";
import { O_RDONLY } from "../../../src/sys/macros.ts";
import { attachCgroupSkb } from "../../lab/attach.ts";
import { Cgroup } from "./cgroup.ts";

export function cgroupThatDrops(hosts: Hosts, direction: "ingress" | "egress"): Cgroup {
  const cgroup = hosts.own(new Cgroup(""));
  // 0 is "drop", for ingress and egress: __cgroup_bpf_run_filter_skb(), kernel/bpf/cgroup.c
  const spec = {
    name: "nothing",
    attach: { kind: "cgroup_skb" },
    ...new Builder().finish(0),
    license: "Dual MIT/GPL",
  } as const;
  using program = Program.load(libcSyscalls, spec, openKernelBtf(), new Map());
  using folder = new OwnedFd(
    libcSyscalls,
    check(libcSyscalls.open(cgroup.path, O_RDONLY), "open", `Cannot open ${cgroup.path}`),
    "cgroup",
  );
  hosts.own(attachCgroupSkb(libcSyscalls, program, folder, direction));
  return cgroup;
}
