/** What of a full socket says whose it is. */
import { embedded, type KernelTypes, kernelStruct, optional, pointer, scalar } from "../../../bpf/index.ts";

export const kuid = kernelStruct("kuid_t", { val: scalar });
export const inode = kernelStruct("inode", { i_ino: scalar });
export const file = kernelStruct("file", { f_inode: pointer(() => inode) });
export const socketStruct = kernelStruct("socket", { file: pointer(() => file) });
export const kernfsNode = kernelStruct("kernfs_node", { id: scalar });
export const cgroup = kernelStruct("cgroup", { kn: pointer(() => kernfsNode) });
const sockCgroupData = kernelStruct("sock_cgroup_data", { cgroup: optional(pointer(() => cgroup)) });
const ownedCommon = kernelStruct("sock_common", {
  skc_state: scalar,
  /** Of a full socket; in a request socket, `skc_listener` has the same place. */
  skc_flags: scalar,
  skc_listener: scalar,
});

export const ownedSock = kernelStruct("sock", {
  __sk_common: embedded(() => ownedCommon),
  sk_socket: pointer(() => socketStruct),
  sk_uid: embedded(() => kuid),
  /** Absent without CONFIG_SOCK_CGROUP_DATA. */
  sk_cgrp_data: optional(embedded(() => sockCgroupData)),
});

/** First of enum sock_flags, include/net/sock.h. */
export const SOCK_DEAD = 0;

/** Structs of the way from a socket to its file and to its cgroup. */
const WAY = ["socket", "file", "inode", "kuid_t"] as const;

/** Whether this kernel's BTF has the way from a socket to its file. */
export function hasOwnerStructs({ btf }: KernelTypes): boolean {
  return WAY.every((name) => btf.find(name, ["struct", "typedef"]) !== undefined);
}

/** Whether it has the way to its cgroup. */
export function hasCgroupStructs(kernel: KernelTypes): boolean {
  return (
    kernel.has("sock", "sk_cgrp_data") &&
    kernel.has("sock_cgroup_data", "cgroup") &&
    ["cgroup", "kernfs_node"].every((name) => kernel.btf.find(name, "struct") !== undefined) &&
    kernel.has("kernfs_node", "id")
  );
}
