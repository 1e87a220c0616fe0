/** What iterators over processes and their files read. */
import { array, embedded, kernelStruct, optional, pointer, scalar } from "../../bpf/index.ts";
import { sockCommon } from "../core/kernel-structs.ts";

export const iterMeta = kernelStruct("bpf_iter_meta", { seq: scalar });

const superBlock = kernelStruct("super_block", { s_magic: scalar });
const inode = kernelStruct("inode", { i_ino: scalar, i_sb: pointer(() => superBlock) });
/** `private_data` of a socket's file is its struct socket (sock_alloc_file(), net/socket.c). */
export const file = kernelStruct("file", { f_inode: pointer(() => inode), private_data: scalar });

const anySock = kernelStruct("sock", { __sk_common: embedded(() => sockCommon) });
export const socketStruct = kernelStruct("socket", { sk: pointer(() => anySock) });

const kernfsNode = kernelStruct("kernfs_node", { id: scalar });
const cgroup = kernelStruct("cgroup", { kn: pointer(() => kernfsNode) });
/** `dfl_cgrp` is the one in the v2 hierarchy. */
const cssSet = kernelStruct("css_set", { dfl_cgrp: pointer(() => cgroup) });
const kuid = kernelStruct("kuid_t", { val: scalar });
const cred = kernelStruct("cred", { euid: embedded(() => kuid) });
const nsCommon = kernelStruct("ns_common", { inum: scalar });
/** The cookie is an atomic64_t before Linux 5.12, made when it is asked for: 0 until then. */
export const net = kernelStruct("net", { ns: embedded(() => nsCommon), net_cookie: optional(array) });
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
