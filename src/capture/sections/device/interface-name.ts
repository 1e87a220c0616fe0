/**
 * The name of an interface of which only the index is known: what TCP holds has no device any more
 * (tcp_v4_rcv() clears skb->dev), but skb_iif is the index of the one that it came by, and socket or route
 * know the namespace.
 *
 * The device is looked up as dev_get_by_index_rcu() does it (net/core/dev.c), while the drop happens: so the
 * name is the one that it has then, in whatever namespace, and nobody has to enter that. Where the device is
 * gone there is no name.
 */
import type { KernelTypes, Scalar } from "../../../bpf/index.ts";
import { type AddressReading, accessOf, scratch, structAt } from "../../core/bare-address.ts";
import type { Facts } from "../../core/facts.ts";
import { hlistHead, net, netDevice } from "../../core/kernel-structs.ts";

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

export interface NamingEvent extends AddressReading {
  readonly facts: Facts;
  /** skb_iif: the index; 0 where there is none. */
  readonly receivedOn: Scalar;
}

/** `write` gets 8 bytes of the name and where they belong, where there is such a device. */
export function nameByIndex(event: NamingEvent, write: (half: 0 | 8, bytes: Scalar) => void): void {
  const { b, kernel, facts, receivedOn } = event;
  if (!canNameByIndex(kernel)) return;
  const namespace = facts.get("net");
  const found = b.label("device_found");
  const done = b.label("interface_named");
  b.jumpIf(receivedOn.isZero(), done);
  b.jumpIf(namespace.isZero(), done);
  const [read, device, node] = [
    scratch(b, "read"),
    scratch(b, "net_device"),
    scratch(b, "net_device.index_hlist"),
  ];
  /** Of what only bpf_probe_read_kernel reads: one at a time. */
  const value = (field: Scalar): Scalar => {
    if (accessOf(event) === "direct") return field;
    b.set(read, field);
    return read;
  };
  const list = receivedOn.and(NETDEV_HASHENTRIES - 1).shiftLeft(POINTER_SHIFT);
  b.set(node, structAt(event, net, namespace, device).dev_index_head ?? 0);
  b.set(node, structAt(event, hlistHead, node.add(list), device).first);
  const address = node.sub(kernel.offsetOf("net_device", "index_hlist"));
  // Written out: of a loop the verifier follows what comes after it once for each round.
  for (let left = MAX_DEVICES; left > 0; left -= 1) {
    b.jumpIf(node.isZero(), done);
    const { ifindex, index_hlist } = structAt(event, netDevice, address, device);
    b.jumpIf(value(ifindex).eq(receivedOn), found);
    if (left > 1) b.set(node, index_hlist?.next ?? 0);
  }
  b.jump(done);
  b.bind(found);
  const { name, nd_net } = structAt(event, netDevice, address, device);
  b.jumpIf(value(nd_net.net.address).ne(namespace), done);
  for (const half of [0, 8] as const) write(half, value(name.load(8, half)));
  b.bind(done);
}
