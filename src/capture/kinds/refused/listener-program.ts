/**
 * The program on iter/tcp: one record for each listening socket of the network namespace in which the
 * iterator was opened.
 *
 * The kernel walks listening sockets first, and then all others, each of which it locks
 * (bpf_iter_tcp_seq_show, net/ipv4/tcp_ipv4.c). At the first of those the program asks for the same socket
 * again, which ends the read: the reader gets EAGAIN and stops, so that connections cost nothing.
 */
import {
  Builder,
  type KernelTypes,
  kernelStruct,
  type ProgramSpec,
  pointer,
  Scalar,
  type StructMemory,
  scalar,
} from "../../../bpf/index.ts";
import { AF_INET, AF_INET6 } from "../../../sys/macros.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import { listenSock, net, numaDropCounters, sock, sockCommon } from "../../core/kernel-structs.ts";
import { TCP_LISTEN } from "../../core/tcp-states.ts";
import { iterMeta } from "../../iterators/kernel-structs.ts";
import { owner, ownerLayout, writeOwner } from "../../sections/owner/owner.ts";
import { listenerRecord } from "./listener-record.ts";

const iterContext = kernelStruct("bpf_iter__tcp", { meta: pointer(() => iterMeta), sk_common: scalar });

/**
 * What identifies a socket: its cookie, or its address, for kernels whose verifier gives tracing
 * programs no bpf_get_socket_cookie() (before 5.12).
 */
export type ListenerIdentity = "cookie" | "address";

/** `owners`: it is asked whose they are. */
export function listenerProgram(
  kernel: KernelTypes,
  identity: ListenerIdentity,
  owners: boolean,
): ProgramSpec {
  const b = new Builder();
  const context = kernel.point(iterContext, b.pin(b.context, "context").expression, "direct");
  const address = b.pin(context.sk_common, "sk_common");
  // NULL for the call after the last socket.
  b.leaveIf(address.isZero());
  const common = kernel.point(sockCommon, address.expression, "direct");
  b.if(common.skc_state.ne(TCP_LISTEN), () => {
    b.asm.alu("mov", 0, { constant: 1 }, "return 1: the same socket again");
    b.asm.exit();
  });
  const buffer = b.buffer(listenerRecord.size);
  const record = b.memory(listenerRecord, buffer.address);
  for (let at = 0; at < listenerRecord.size; at += 8) b.store(8, buffer.address, at, 0, "0");
  fillIdentity(b, kernel, address, record, identity);
  fillCounts(b, kernel, address, record);
  if (owners) fillOwner(b, kernel, address, record);
  b.call(uapi.BPF_FUNC_seq_write, [context.meta.seq, buffer.address, listenerRecord.size], "seq_write");
  return {
    name: "tcpdrop_listen",
    attach: { kind: "iter", target: "tcp" },
    ...b.finish(),
    license: "Dual MIT/GPL",
  };
}

type Record = StructMemory<typeof listenerRecord.fields>;

/** What identifies it, and where it listens. */
export function fillIdentity(
  b: Builder,
  kernel: KernelTypes,
  address: Scalar,
  record: Record,
  identity: ListenerIdentity,
): void {
  // Another socket may lie at an address soon after, so who reads it compares more (RefusedLedger).
  record.set(
    "cookie",
    identity === "address"
      ? address
      : b.call(uapi.BPF_FUNC_get_socket_cookie, [address], "get_socket_cookie"),
  );
  if (identity === "address") record.set("cookieIsAddress", 1);
  const { skc_family, skc_num, skc_rcv_saddr, skc_v6_rcv_saddr, skc_ipv6only, skc_net } = kernel.point(
    sockCommon,
    address.expression,
    "direct",
  );
  record.set("netnsInum", skc_net.net.ns.inum);
  record.set("family", skc_family);
  // Host order.
  record.set("port", skc_num);
  b.if(skc_family.eq(AF_INET), () => record.setBytes("address", 4, 0, skc_rcv_saddr));
  b.if(skc_family.eq(AF_INET6), () => {
    if (skc_v6_rcv_saddr !== undefined)
      for (const half of [0, 8] as const) record.setBytes("address", 8, half, skc_v6_rcv_saddr.load(8, half));
    if (skc_ipv6only !== undefined) record.set("v6Only", skc_ipv6only);
  });
}

/** Whose it is, as records of drops say it. */
export function fillOwner(b: Builder, kernel: KernelTypes, address: Scalar, record: Record): void {
  if (owner.available?.(kernel).kind === "absent") return;
  const network = b.keep(
    kernel.point(sock, address.expression, "probe").__sk_common.skc_net.net.address,
    "net",
  );
  const { net_cookie } = kernel.point(net, network.expression, "probe");
  writeOwner(
    {
      b,
      kernel,
      socketAccess: "probe",
      socket: kernel.point(sock, address.expression, "probe"),
      hasSocket: undefined,
      socketAddress: address,
      netnsCookie:
        net_cookie === undefined ? Scalar.constant(0) : b.keep(net_cookie.load(8, 0), "net_cookie"),
    },
    record.inside("owner", ownerLayout),
  );
}

/** The iterator hands out a sock_common, and the verifier lets nobody load behind its end. */
export function fillCounts(b: Builder, kernel: KernelTypes, address: Scalar, record: Record): void {
  const { sk_drops, sk_drop_counters, sk_ack_backlog, sk_max_ack_backlog } = kernel.point(
    listenSock,
    address.expression,
    "probe",
  );
  record.set("drops", b.keep(sk_drops, "sk_drops"));
  record.set("ackBacklog", b.keep(sk_ack_backlog, "sk_ack_backlog"));
  record.set("maxAckBacklog", b.keep(sk_max_ack_backlog, "sk_max_ack_backlog"));
  if (sk_drop_counters === undefined) return;
  const elsewhere = b.keep(sk_drop_counters.address, "sk_drop_counters");
  b.if(elsewhere.notZero(), () => {
    const { drops0, drops1 } = kernel.point(numaDropCounters, elsewhere.expression, "probe");
    record.set("drops", b.keep(drops0, "drops0"));
    record.add("drops", b.keep(drops1, "drops1"));
  });
}
