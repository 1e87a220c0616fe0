/** Fills the record: each field once, with its bit in `present` where a drop may lack it. */
import { all, readOnlyCast } from "../../bpf/index.ts";
import * as uapi from "../../sys/uapi.gen.ts";
import { type DropContext, markPresent } from "../core/context.ts";
import { dstEntry, routeOf, skbSharedInfo, taskStruct } from "../core/kernel-structs.ts";
import { ADDRESS_SOURCE, DIRECTION, dropRecord, PRESENT } from "../core/record.ts";
import type { SockPointer } from "../core/socket-choice.ts";

/** Everything but the socket's part and the interface, which stand in the record already. */
export function fillRecord(c: DropContext): void {
  const { b, skb, record } = c;
  const { walk } = c.packet;
  const addressSource = walk.get("addressSource");
  fillMoment(c);
  if (c.reason !== undefined) record.set("reason", c.reason);
  record.set("location", c.location);
  record.set("mark", skb.mark);
  record.set("skbLen", skb.len);
  record.set("ipVersion", walk.get("version"));
  record.set("addressSource", addressSource);
  b.if(addressSource.ne(ADDRESS_SOURCE.socket), () => {
    record.set("ipTotalLen", walk.get("totalLen"));
    record.set("ipHeaderLen", walk.get("headerLen"));
    // skb->len counts from skb->data, which may be before or behind the IP header by now.
    record.set("l3Len", skb.len.add(skb.data.sub(skb.head)).sub(walk.get("l3")));
    markPresent(c, PRESENT.ip);
  });
  b.if(addressSource.eq(ADDRESS_SOURCE.inner), () => markPresent(c, PRESENT.tunnel));
  b.if(walk.get("copy").notZero(), () => markPresent(c, PRESENT.copy));
  fillTcpHeader(c);
  fillShared(c);
  fillRoute(c);
}

/** Who was on the CPU; when it was stands there already, from the totals. */
function fillMoment({ b, kernel, headerAccess, record }: DropContext): void {
  record.set("cpu", b.call(uapi.BPF_FUNC_get_smp_processor_id, [], "get_smp_processor_id"));
  // One helper and four loads instead of two helpers, one of which copies a string; kernels that load headers
  // directly have it.
  if (headerAccess === "direct") {
    const current = b.keep(b.call(uapi.BPF_FUNC_get_current_task_btf, [], "get_current_task_btf"), "current");
    const { pid, tgid, comm } = kernel.point(taskStruct, current.expression, "direct");
    record.set("tid", pid);
    record.set("tgid", tgid);
    for (const half of [0, 8]) record.setBytes("comm", 8, half, comm.load(8, half));
    return;
  }
  const task = b.keep(b.call(uapi.BPF_FUNC_get_current_pid_tgid, [], "get_current_pid_tgid"), "pid_tgid");
  record.set("tid", task);
  record.set("tgid", task.shiftRight(32));
  b.call(
    uapi.BPF_FUNC_get_current_comm,
    [record.addressOf("comm"), dropRecord.fields.comm.size],
    "get_current_comm",
  );
}

function fillTcpHeader(c: DropContext): void {
  const { b, record, ports } = c;
  const { tcp } = ports;
  b.if(ports.readable.notZero(), () => {
    record.set("sport", tcp.load(2, 0));
    record.set("dport", tcp.load(2, 2));
    record.set("seq", tcp.load(4, 4));
    record.set("ack", tcp.load(4, 8));
    record.set("tcpHeaderLen", tcp.load(1, 12).shiftRight(4).shiftLeft(2));
    record.set("tcpFlags", tcp.load(1, 13));
    record.set("window", tcp.load(2, 14));
    markPresent(c, PRESENT.tcp);
  });
}

/** State, cookie and namespace of a TCP socket, whichever of its three kinds it is. */
export function fillSocket(c: DropContext, sk: SockPointer): void {
  const { b, record } = c;
  const { skc_state, skc_cookie, skc_net } = sk.__sk_common;
  record.set("state", skc_state);
  record.set("netnsInum", skc_net.net.ns.inum);
  c.packet.walk.set("net", skc_net.net.address);
  markPresent(c, PRESENT.state);
  if (skc_cookie === undefined) return;
  record.set("skCookie", skc_cookie.load(8, 0));
  // Made only when somebody asks for it: 0 is "never asked".
  b.if(record.get("skCookie").notZero(), () => markPresent(c, PRESENT.cookie));
}

/** gso_segs and gso_size stand in skb_shared_info, behind the linear part. */
function fillShared({ b, kernel, skb, headerAccess, record }: DropContext): void {
  const shared = b.keep(skb.head.add(skb.end), "skb_shared_info");
  const { gso_segs, gso_size } = kernel.point(skbSharedInfo, shared.expression, headerAccess);
  record.set("gsoSegs", headerAccess === "direct" ? gso_segs : b.keep(gso_segs, "gso_segs"));
  record.set("gsoSize", headerAccess === "direct" ? gso_size : b.keep(gso_size, "gso_size"));
}

/**
 * The input function of a received skb's route: ip_forward and ip6_forward tell that it was to be forwarded.
 */
function fillRoute({ b, kernel, skb, headerAccess, record }: DropContext): void {
  record.set("dstInput", 0);
  const route = b.keep(routeOf(skb), "dst_entry");
  b.if(all(record.get("direction").eq(DIRECTION.rx), route.notZero()), () => {
    const typed = headerAccess === "direct" ? readOnlyCast(b, kernel, dstEntry, route) : undefined;
    record.set(
      "dstInput",
      typed?.input ?? b.keep(kernel.point(dstEntry, route.expression, "probe").input, "dst_entry.input"),
    );
  });
}

/** Addresses from the IP header, or from the socket where there is no header yet. */
export function storeAddresses(c: DropContext, owner: SockPointer): void {
  const { b, packet } = c;
  const done = b.label("addresses_stored");
  b.if(packet.walk.get("addressSource").eq(ADDRESS_SOURCE.socket), () => {
    // It is there, or readFromSocket() had left; the verifier does not remember that.
    b.jumpIf(owner.address.isZero(), done);
    storeSocketAddresses(c, owner);
    b.jump(done);
  });
  storePacketAddresses(c);
  b.place(done);
}

/** From the IP header, which must be there. */
export function storePacketAddresses({ b, record, packet: { ip, walk } }: DropContext): void {
  const done = b.label("packet_addresses_stored");
  const v6 = b.label("v6_addresses");
  b.jumpIf(walk.get("version").eq(6), v6);
  record.setBytes("saddr", 4, 0, ip.load(4, 12));
  record.setBytes("daddr", 4, 0, ip.load(4, 16));
  b.jump(done);
  b.place(v6);
  for (const half of [0, 8]) {
    record.setBytes("saddr", 8, half, ip.load(8, 8 + half));
    record.setBytes("daddr", 8, half, ip.load(8, 24 + half));
  }
  b.place(done);
}

/** Such an skb is on its way out: the socket's own address is the source. */
function storeSocketAddresses({ b, record, packet }: DropContext, owner: SockPointer): void {
  const { skc_rcv_saddr, skc_daddr, skc_v6_rcv_saddr, skc_v6_daddr } = owner.__sk_common;
  b.if(packet.walk.get("version").eq(4), () => {
    record.setBytes("saddr", 4, 0, skc_rcv_saddr);
    record.setBytes("daddr", 4, 0, skc_daddr);
  });
  if (skc_v6_rcv_saddr === undefined || skc_v6_daddr === undefined) return;
  b.if(packet.walk.get("version").eq(6), () => {
    for (const half of [0, 8] as const) {
      record.setBytes("saddr", 8, half, skc_v6_rcv_saddr.load(8, half));
      record.setBytes("daddr", 8, half, skc_v6_daddr.load(8, half));
    }
  });
}
