/** What iterators over processes and their files read. */
import { array, embedded, kernelStruct, pointer, scalar } from "../../bpf/index.ts";
import { net, sockCommon } from "../core/kernel-structs.ts";
import { cgroup, kuid } from "../sections/owner/owner-structs.ts";

export const iterMeta = kernelStruct("bpf_iter_meta", { seq: scalar });

const superBlock = kernelStruct("super_block", { s_magic: scalar });
const inode = kernelStruct("inode", { i_ino: scalar, i_sb: pointer(() => superBlock) });
/** `private_data` of a socket's file is its struct socket (sock_alloc_file(), net/socket.c). */
export const file = kernelStruct("file", { f_inode: pointer(() => inode), private_data: scalar });

const anySock = kernelStruct("sock", { __sk_common: embedded(() => sockCommon) });
export const socketStruct = kernelStruct("socket", { sk: pointer(() => anySock) });

/** `dfl_cgrp` is the one in the v2 hierarchy. */
const cssSet = kernelStruct("css_set", { dfl_cgrp: pointer(() => cgroup) });
const cred = kernelStruct("cred", { euid: embedded(() => kuid) });
const nsproxy = kernelStruct("nsproxy", { net_ns: pointer(() => net) });
const leader = kernelStruct("task_struct", { start_boottime: scalar, comm: array });

export const processTask = kernelStruct("task_struct", {
  pid: scalar,
  tgid: scalar,
  group_leader: pointer(() => leader),
  cgroups: pointer(() => cssSet),
  cred: pointer(() => cred),
  nsproxy: pointer(() => nsproxy),
});
