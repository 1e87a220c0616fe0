/** What iterators over processes and their files read. */
import { array, embedded, kernelStruct, optional, pointer, scalar } from "../../bpf/index.ts";
import { net, sockCommon } from "../core/kernel-structs.ts";
import { cgroup, kuid } from "../sections/owner/owner-structs.ts";

export const iterMeta = kernelStruct("bpf_iter_meta", { seq: scalar });

const superBlock = kernelStruct("super_block", { s_magic: scalar });
const inode = kernelStruct("inode", { i_ino: scalar, i_sb: pointer(() => superBlock) });
export const file = kernelStruct("file", {
  f_inode: pointer(() => inode),
  /** Of a socket's file, its struct socket (sock_alloc_file(), net/socket.c). */
  private_data: scalar,
  /** References; since Linux 6.13 one less than there are (file_ref_get(), include/linux/file_ref.h). */
  f_ref: optional(array),
  /** References, before Linux 6.13. */
  f_count: optional(array),
});

const anySock = kernelStruct("sock", { __sk_common: embedded(() => sockCommon) });
export const socketStruct = kernelStruct("socket", { sk: pointer(() => anySock) });

/** `dfl_cgrp` is the one in the v2 hierarchy. */
const cssSet = kernelStruct("css_set", { dfl_cgrp: pointer(() => cgroup) });
const cred = kernelStruct("cred", { euid: embedded(() => kuid) });
const nsproxy = kernelStruct("nsproxy", { net_ns: pointer(() => net) });
/** A table of descriptors, and how many threads use it. */
const filesStruct = kernelStruct("files_struct", { count: array });
const signalStruct = kernelStruct("signal_struct", { nr_threads: scalar });
const leader = kernelStruct("task_struct", { start_boottime: scalar, comm: array });

export const processTask = kernelStruct("task_struct", {
  pid: scalar,
  tgid: scalar,
  group_leader: pointer(() => leader),
  cgroups: pointer(() => cssSet),
  cred: pointer(() => cred),
  nsproxy: pointer(() => nsproxy),
  files: pointer(() => filesStruct),
  signal: pointer(() => signalStruct),
  /** One more with each execve(2). */
  self_exec_id: scalar,
});
