/**
 * The program on iter/task_file: one record for each descriptor of each process that is a socket, other than a
 * unix socket.
 *
 * Sockets have a file system of their own; its number keeps out files of others with the same inode number.
 * Descriptors that threads share are walked once (task_file_seq_get_next(), kernel/bpf/task_iter.c).
 */
import {
  Builder,
  type KernelTypes,
  kernelStruct,
  type Pointer,
  type ProgramSpec,
  pointer,
  type Scalar,
  type StructMemory,
  scalar,
} from "../../bpf/index.ts";
import { SOCKFS_MAGIC } from "../../sys/macros.ts";
import * as uapi from "../../sys/uapi.gen.ts";
import { loaded } from "../core/context.ts";
import { net, sockCommon } from "../core/kernel-structs.ts";
import { file, iterMeta, processTask, socketStruct } from "./kernel-structs.ts";
import { writeProcess } from "./process-fields.ts";
import { socketFileRecord } from "./socket-file-record.ts";

/** Of no packet that TCP sends: linux/socket.h. */
const AF_UNIX = 1;

const iterContext = kernelStruct("bpf_iter__task_file", {
  meta: pointer(() => iterMeta),
  task: scalar,
  fd: scalar,
  file: scalar,
});

/**
 * `helpers`: bpf_sock_from_file() (since Linux 5.11) and bpf_get_socket_cookie() (for tracing since 5.12), which
 * gives a socket its cookie if it has none. `fields` reads what is there.
 */
export type SocketAccess = "helpers" | "fields";

export function socketFileProgram(kernel: KernelTypes, access: SocketAccess): ProgramSpec {
  const b = new Builder();
  const context = kernel.point(iterContext, b.pin(b.context, "context").expression, "direct");
  const task = b.pin(context.task, "task");
  b.leaveIf(task.isZero());
  const fileAddress = b.pin(context.file, "file");
  b.leaveIf(fileAddress.isZero());
  const opened = kernel.point(file, fileAddress.expression, "direct");
  b.leaveIf(opened.f_inode.i_sb.s_magic.ne(SOCKFS_MAGIC));
  const buffer = b.buffer(socketFileRecord.size);
  const record = b.memory(socketFileRecord, buffer.address);
  record.clear();
  record.set("inode", opened.f_inode.i_ino);
  const common =
    access === "helpers"
      ? socketByHelper(b, kernel, fileAddress, record)
      : socketByFields(b, kernel, opened, record);
  record.set("family", loaded(b, common.skc_family, "family"));
  b.leaveIf(record.get("family").eq(AF_UNIX));
  record.set("port", loaded(b, common.skc_num, "skc_num"));
  record.set("state", loaded(b, common.skc_state, "skc_state"));
  const process = kernel.point(processTask, task.expression, "direct");
  writeProcess(record, process);
  record.set("fd", context.fd);
  record.set("tableUsers", process.files.count.load(4, 0));
  record.set("threads", process.signal.nr_threads);
  const references = referencesOf(opened);
  if (references !== undefined) record.set("references", references);
  b.call(uapi.BPF_FUNC_seq_write, [context.meta.seq, buffer.address, socketFileRecord.size], "seq_write");
  return {
    name: "tcpdrop_sockets",
    attach: { kind: "iter", target: "task_file" },
    ...b.finish(),
    license: "Dual MIT/GPL",
  };
}

/** Without the one that the iterator has meanwhile. */
function referencesOf({ f_ref, f_count }: Pointer<typeof file>): Scalar | undefined {
  return f_ref?.load(8, 0) ?? f_count?.load(8, 0).sub(1);
}

type Record = StructMemory<typeof socketFileRecord.fields>;

/** Typed pointers; the cookie is made where there is none. */
function socketByHelper(
  b: Builder,
  kernel: KernelTypes,
  address: Scalar,
  record: Record,
): Pointer<typeof sockCommon> {
  const found = b.keep(b.call(uapi.BPF_FUNC_sock_from_file, [address], "sock_from_file"), "socket");
  b.leaveIf(found.isZero());
  const sk = b.pin(kernel.point(socketStruct, found.expression, "direct").sk.address, "sk");
  b.leaveIf(sk.isZero());
  record.set("cookie", b.call(uapi.BPF_FUNC_get_socket_cookie, [sk], "get_socket_cookie"));
  const common = kernel.point(sockCommon, sk.expression, "direct");
  const { ns, net_cookie } = common.skc_net.net;
  record.set("netns", ns.inum);
  if (net_cookie !== undefined) record.set("netnsCookie", net_cookie.load(8, 0));
  return common;
}

/** `private_data` is a void pointer: nothing behind it may be loaded, only copied. */
function socketByFields(
  b: Builder,
  kernel: KernelTypes,
  opened: Pointer<typeof file>,
  record: Record,
): Pointer<typeof sockCommon> {
  const found = b.keep(opened.private_data, "socket");
  const sk = b.keep(kernel.point(socketStruct, found.expression, "probe").sk.address, "sk");
  b.leaveIf(sk.isZero());
  const common = kernel.point(sockCommon, sk.expression, "probe");
  const owned = b.keep(common.skc_net.net.address, "net");
  const { ns, net_cookie } = kernel.point(net, owned.expression, "probe");
  record.set("netns", b.keep(ns.inum, "netns"));
  if (net_cookie !== undefined) record.set("netnsCookie", b.keep(net_cookie.load(8, 0), "net_cookie"));
  if (common.skc_cookie !== undefined)
    record.set("cookie", b.keep(common.skc_cookie.load(8, 0), "skc_cookie"));
  return common;
}
