/**
 * Remembers who used a TCP socket last: on tp_btf/inet_sock_set_state (since Linux 4.16), at each change of
 * state that a process itself makes, by connect(2), listen(2), shutdown(2), close(2) or its end.
 *
 * Such a change is made with the socket locked by a process, and while it still has a struct socket; then the
 * current process is the user. Changes that a segment or a timer makes hold the lock of softirq alone, and the
 * current process is anybody. (tcp_set_state(), lock_sock() and sock_orphan(), Linux 5.10 to 7.3)
 */
import {
  Builder,
  embedded,
  type KernelTypes,
  kernelStruct,
  type MapSpec,
  type ProgramSpec,
  pointer,
  type Scalar,
  scalar,
} from "../../bpf/index.ts";
import { struct, u16, u32, u64 } from "../../bytes/struct.ts";
import * as uapi from "../../sys/uapi.gen.ts";
import { keepBoundPort } from "../core/bound-port.ts";
import { net, sockCommon } from "../core/kernel-structs.ts";
import { IPPROTO_TCP } from "../core/packet-walk.ts";
import { TCP_CLOSE, TCP_LISTEN } from "../core/tcp-states.ts";
import { argumentIndex } from "../core/tracepoint-argument.ts";
import { file, processTask } from "../iterators/kernel-structs.ts";
import { writeProcess } from "../iterators/process-fields.ts";
import { socketFileRecord } from "../iterators/socket-file-record.ts";

const TRACEPOINT = "inet_sock_set_state";
/** PF_KTHREAD, include/linux/sched.h. */
const PF_KTHREAD = 0x0020_0000;
/** States are ints, and the upper half of an argument's register is anybody's. */
const STATE_MASK = 0xffff_ffffn;
const COOKIE_BYTES = 8;

/** Which port of which namespace somebody listened on. */
export const formerListenerKey = struct("former_listener", 16, {
  /** 0 where the kernel has none, or has made none yet. */
  netnsCookie: u64(0),
  netns: u32(8),
  /** Host order. */
  port: u16(12),
});

export const USERS: MapSpec = {
  name: "users",
  kind: "lru-hash",
  keySize: COOKIE_BYTES,
  valueSize: socketFileRecord.size,
  maxEntries: 65_536,
};
export const FORMER_LISTENERS: MapSpec = {
  name: "listeners",
  kind: "lru-hash",
  keySize: formerListenerKey.size,
  valueSize: socketFileRecord.size,
  maxEntries: 4096,
};

/** The lock of a socket: `owned` while a process has it, not softirq. */
const socketLock = kernelStruct("socket_lock_t", { owned: scalar });
const userSocket = kernelStruct("socket", { file: pointer(() => file) });
const usedSock = kernelStruct("sock", {
  __sk_common: embedded(() => sockCommon),
  sk_protocol: scalar,
  sk_lock: embedded(() => socketLock),
  sk_socket: pointer(() => userSocket),
});
const currentTask = kernelStruct("task_struct", { flags: scalar });

/** Since Linux 5.12, whose tracing programs may make a cookie and read the current task. */
export function userProgram(kernel: KernelTypes): ProgramSpec {
  const b = new Builder();
  const context = b.pin(b.context, "context");
  const argument = (name: string): Scalar =>
    b.argument(context, argumentIndex(kernel, TRACEPOINT, name), name);
  const address = b.pin(argument("sk"), "sk");
  const sk = kernel.point(usedSock, address.expression, "direct");
  b.leaveIf(sk.sk_protocol.ne(IPPROTO_TCP));
  b.leaveIf(sk.sk_lock.owned.isZero());
  b.leaveIf(sk.sk_socket.address.isZero());
  const task = b.pin(b.call(uapi.BPF_FUNC_get_current_task_btf, [], "get_current_task_btf"), "current");
  b.leaveIf(kernel.point(currentTask, task.expression, "direct").flags.and(PF_KTHREAD).notZero());
  const cookie = b.buffer(COOKIE_BYTES);
  const made = b.call(uapi.BPF_FUNC_get_socket_cookie, [address], "get_socket_cookie");
  b.store(8, cookie.address, 0, made, "cookie");
  const value = b.buffer(socketFileRecord.size);
  fillUser(b, kernel, { address, task, value: value.address });
  const record = b.memory(socketFileRecord, value.address);
  record.set("cookie", b.loadFrom(8, cookie.address, 0, "cookie"));
  record.set("state", argument("newstate"));
  b.call(uapi.BPF_FUNC_map_update_elem, [USERS, cookie.address, value.address, 0], "map_update_elem");
  b.leaveIf(argument("oldstate").and(STATE_MASK).ne(TCP_LISTEN));
  b.leaveIf(argument("newstate").and(STATE_MASK).ne(TCP_CLOSE));
  rememberListener(b, kernel, address, value.address);
  return {
    name: "tcpdrop_users",
    attach: { kind: "tp_btf", tracepoint: TRACEPOINT },
    ...b.finish(),
    license: "Dual MIT/GPL",
  };
}

interface Used {
  readonly address: Scalar;
  readonly task: Scalar;
  readonly value: Scalar;
}

function fillUser(b: Builder, kernel: KernelTypes, { address, task, value }: Used): void {
  const record = b.memory(socketFileRecord, value);
  record.clear();
  const { __sk_common: common, sk_socket } = kernel.point(usedSock, address.expression, "direct");
  writeProcess(record, kernel.point(processTask, task.expression, "direct"));
  record.set("inode", sk_socket.file.f_inode.i_ino);
  record.set("netns", common.skc_net.net.ns.inum);
  record.set("family", common.skc_family);
  record.set("port", common.skc_num);
  keepBoundPort(b, kernel, address, record);
}

function rememberListener(b: Builder, kernel: KernelTypes, address: Scalar, value: Scalar): void {
  const key = b.buffer(formerListenerKey.size);
  const memory = b.memory(formerListenerKey, key.address);
  memory.clear();
  const owned = kernel.point(usedSock, address.expression, "direct").__sk_common.skc_net.net.address;
  const { ns, net_cookie } = kernel.point(net, owned.expression, "direct");
  if (net_cookie !== undefined) memory.set("netnsCookie", net_cookie.load(8, 0));
  memory.set("netns", ns.inum);
  memory.set("port", b.memory(socketFileRecord, value).get("port"));
  b.call(uapi.BPF_FUNC_map_update_elem, [FORMER_LISTENERS, key.address, value, 0], "map_update_elem");
}
