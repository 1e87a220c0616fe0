/**
 * The name of an interface of which only the index is known: what TCP holds has no device any more
 * (tcp_v4_rcv() clears skb->dev), but skb_iif is the index of the one that it came by, and socket or route
 * know the namespace.
 *
 * The device is looked up as dev_get_by_index_rcu() does it (net/core/dev.c), while the drop happens: so the
 * name is the one that it has then, in whatever namespace, and nobody has to enter that. Where the device is
 * gone there is no name.
 */
import {
  type Access,
  type AnyStruct,
  type KernelTypes,
  type Pointer,
  readOnlyCast,
  type Scalar,
} from "../../../bpf/index.ts";
import { type DropContext, markPresent } from "../../core/context.ts";
import { hlistHead, net, netDevice } from "../../core/kernel-structs.ts";
import { PRESENT } from "../../core/record.ts";

/** include/linux/netdevice.h, since Linux 2.6.24; a device that is found has to be of the namespace. */
const NETDEV_HASHENTRIES = 1 << 8;
const POINTER_SHIFT = 3;
/** Devices of one list that are looked at: a list of 2,048 interfaces has 8 on average. */
const MAX_DEVICES = 8;

/** net.dev_index_head is an array of hlist_head, and a device's hlist_node is its index_hlist. */
const TABLE = [
  ["net", "dev_index_head"],
  ["hlist_head", "first"],
  ["net_device", "index_hlist"],
  ["hlist_node", "next"],
] as const;

/** Whether this kernel's BTF has what the table is made of. */
export function canNameByIndex(kernel: KernelTypes): boolean {
  return TABLE.every(
    ([name, field]) => kernel.btf.find(name, "struct") !== undefined && kernel.has(name, field),
  );
}

/** Fills `ifname`, where the interface has an index and no name yet. */
export function nameByIndex(c: DropContext): void {
  const { b, kernel, packet, record, receivedOn } = c;
  if (!canNameByIndex(kernel)) return;
  const namespace = packet.walk.get("net");
  const found = b.label("device_found");
  const done = b.label("interface_named");
  b.jumpIf(record.get("present").and(PRESENT.ifname).notZero(), done);
  b.jumpIf(receivedOn.isZero(), done);
  b.jumpIf(namespace.isZero(), done);
  const [read, device, node] = [
    b.variable("read"),
    b.variable("net_device"),
    b.variable("net_device.index_hlist"),
  ];
  const access = accessOf(c);
  const list = receivedOn.and(NETDEV_HASHENTRIES - 1).shiftLeft(POINTER_SHIFT);
  b.set(node, at(c, net, namespace, read).dev_index_head ?? 0);
  b.set(node, at(c, hlistHead, node.add(list), read).first);
  // Written out: of a loop the verifier follows what comes after it once for each round.
  for (let left = MAX_DEVICES; left > 0; left -= 1) {
    b.jumpIf(node.isZero(), done);
    const address = node.sub(kernel.offsetOf("net_device", "index_hlist"));
    const { ifindex, index_hlist } = at(c, netDevice, address, device);
    b.set(read, ifindex);
    b.jumpIf(read.eq(receivedOn), found);
    if (left > 1) b.set(node, index_hlist?.next ?? 0);
  }
  b.jump(done);
  b.place(found);
  const { name, nd_net } = kernel.point(netDevice, device.expression, access);
  b.set(read, nd_net.net.address);
  b.jumpIf(read.ne(namespace), done);
  for (const half of [0, 8]) {
    b.set(read, name.load(8, half));
    record.setBytes("ifname", 8, half, read);
  }
  markPresent(c, PRESENT.ifname);
  b.place(done);
}

/** What lies at a bare address, which `slot` keeps: loaded directly where the kernel allows that. */
function at<S extends AnyStruct>(c: DropContext, struct: S, address: Scalar, slot: Scalar): Pointer<S> {
  const { b, kernel } = c;
  const typed = accessOf(c) === "direct" ? readOnlyCast(b, kernel, struct, address, slot) : undefined;
  if (typed !== undefined) return typed;
  b.set(slot, address);
  return kernel.point(struct, slot.expression, "probe");
}

/** The cast to a struct is there since Linux 6.2, and headers are loaded directly since 6.17. */
function accessOf({ headerAccess, kernel }: DropContext): Access {
  return headerAccess === "direct" && kernel.btf.find("bpf_rdonly_cast", "func") !== undefined
    ? "direct"
    : "probe";
}
