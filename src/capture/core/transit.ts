/**
 * The device that a received skb was to leave by: docs/adr/0003-what-is-a-drop.md.
 *
 * An skb on its way in has the device that it came by (skb_iif) as its skb->dev. One that has another is on its
 * way out if its data begins at a MAC header, as __dev_queue_xmit() makes it, or if its route leads to that
 * device: then it is forwarded, although the route may be gone by then (skb_dst_drop() in __dev_queue_xmit()).
 * A bridge hands up skbs with its own device and the port's index: neither holds there.
 *
 * What tc has redirected is not decided: ifb takes what comes in for what goes out. Nor is what a socket of the
 * same namespace has sent: tc mirrors it with the index of the device that it was to leave by.
 *
 * Before that, skb->dev is the device that it came by, and the route says where it was to go: to the loopback
 * device, which is the first of each namespace, if it is for this host.
 */
import {
  all,
  any,
  type KernelTypes,
  type Label,
  not,
  type Pointer,
  type Scalar,
  type StructMemory,
} from "../../bpf/index.ts";
import { be16 } from "../../bytes/endian.ts";
import { bytes, struct, u32 } from "../../bytes/struct.ts";
import { AF_UNSPEC, ETH_P_IP } from "../../sys/macros.ts";
import { BPF_FUNC_probe_read_kernel } from "../../sys/uapi.gen.ts";
import { keptStructAt, scratch } from "./bare-address.ts";
import { DIRECTION, TRANSIT } from "./facts.ts";
import { dstEntry, netDevice, routeOf } from "./kernel-structs.ts";
import type { NamespaceContext } from "./namespace.ts";

/** include/net/flow.h: the loopback device's index in every namespace. */
const LOOPBACK_IFINDEX = 1;
/** include/net/dst.h: what br_netfilter puts in place of a route; it leads to the bridge itself. */
const DST_FAKE_RTABLE = 0x10;
/** skb->mac_header before it is set. */
const UNSET = 0xffff;

/** Of the device that it was to leave by. Means something where `facts.transit` is not 0. */
export const transitDevice = struct("transit_device", 24, {
  /** Up to a zero. */
  ifname: bytes(0, 16),
  ifindex: u32(16),
  /** What ip_forward() or ip6_forward() compared the packet with; 0 where that is not known. */
  mtu: u32(20),
});

export interface TransitContext extends NamespaceContext {
  readonly transit: StructMemory<(typeof transitDevice)["fields"]>;
}

/** Sets `facts.transit`, and with it the device. */
export function findTransit(context: TransitContext): void {
  const { b, facts, skb, receivedOn, device, transit } = context;
  const [done, leaving] = [b.label("transit_known"), b.label("leaving")];
  b.jumpIf(facts.get("direction").ne(DIRECTION.rx), done);
  // Of what a socket has, `net` is known by now. To ask for the pointer again would make the verifier follow
  // both answers.
  b.jumpIf(any(facts.get("deviceBelieved").isZero(), facts.get("net").notZero()), done);
  const hasCome = device.ifindex.eq(receivedOn);
  const dataAt = skb.data.sub(skb.head);
  b.if(
    hasCome,
    // Further up in the stack it is for this host.
    () => b.jumpIf(dataAt.ne(skb.network_header), done),
    () => {
      demandUndirected(context, done);
      transit.set("mtu", 0);
      b.jumpIf(all(skb.mac_header.ne(UNSET), dataAt.eq(skb.mac_header)), leaving);
    },
  );
  takeRoute(context, leaving, done);
  b.bind(leaving);
  transit.set("ifindex", device.ifindex);
  for (const half of [0, 8]) transit.setBytes("ifname", 8, half, device.name.load(8, half));
  const { net } = device.nd_net;
  // The name by skb_iif is looked up later: interface-name.ts.
  facts.set("net", net.address);
  facts.set("deviceBelieved", 0);
  facts.set("direction", DIRECTION.forwarded);
  facts.set("transit", TRANSIT.leaving);
  b.bind(done);
}

/** Neither tc nor a socket of this namespace has sent it this way. */
function demandUndirected({ b, skb, owner, device }: TransitContext, done: Label): void {
  if (skb.redirected !== undefined) b.jumpIf(skb.redirected.notZero(), done);
  const { skc_family, skc_net } = owner.__sk_common;
  b.jumpIf(
    all(
      not(owner.address.isZero()),
      skc_family.ne(AF_UNSPEC),
      skc_net.net.address.eq(device.nd_net.net.address),
    ),
    done,
  );
}

/** Goes to `leaving` where the skb has the device already that its route leads to. */
function takeRoute(context: TransitContext, leaving: Label, done: Label): void {
  const { b, facts, skb, receivedOn, device, transit } = context;
  // Few variables: the program's stack is small.
  const read = scratch(b, "read");
  b.set(read, routeOf(skb));
  b.jumpIf(read.isZero(), done);
  const typed = keptStructAt(context, dstEntry, routeOf(skb), scratch(b, "net_device.index_hlist"));
  b.set(read, typed.flags);
  b.jumpIf(read.and(DST_FAKE_RTABLE).notZero(), done);
  const to = keptStructAt(context, netDevice, typed.dev.address, scratch(b, "net_device"));
  b.set(read, to.ifindex);
  b.jumpIf(any(read.isZero(), read.eq(LOOPBACK_IFINDEX)), done);
  const hasLeft = device.ifindex.ne(receivedOn);
  b.jumpIf(all(hasLeft, read.ne(device.ifindex)), done);
  transit.set("ifindex", read);
  writeMtu(context, typed, to, read);
  b.jumpIf(hasLeft, leaving);
  for (const half of [0, 8]) {
    b.set(read, to.name.load(8, half));
    transit.setBytes("ifname", 8, half, read);
  }
  facts.set("transit", TRANSIT.byRoute);
  b.jump(done);
}

/** RTAX_LOCK and RTAX_MTU, include/uapi/linux/rtnetlink.h, count from 1. */
const [LOCK_AT, MTU_AT, MTU_LOCKED] = [0, 4, 1 << 2];
/** DST_METRICS_FLAGS, include/net/dst.h */
const METRICS_FLAGS = 3;

/**
 * As ip_dst_mtu_maybe_forward() and ip6_dst_mtu_maybe_forward() find it, include/net/ip.h and ip6_route.h. It
 * stays 0 where that depends on more than is read here: a path MTU that was learned, or an encapsulation.
 */
function writeMtu(
  context: TransitContext,
  route: Pointer<typeof dstEntry>,
  device: Pointer<typeof netDevice>,
  read: Scalar,
): void {
  const { b, kernel, skb, transit } = context;
  const done = b.label("mtu_known");
  const set = (value: Scalar): void => {
    b.set(read, value);
    transit.set("mtu", read);
  };
  transit.set("mtu", 0);
  if (route.lwtstate !== undefined) {
    b.set(read, route.lwtstate);
    b.jumpIf(read.notZero(), done);
  }
  b.set(read, route._metrics);
  const address = read.and(~BigInt(METRICS_FLAGS));
  // In the room for the name, which is not known yet: the program's stack is small.
  const intoRoom = (sizeBytes: number, from: Scalar): Scalar =>
    b.call(BPF_FUNC_probe_read_kernel, [transit.addressOf("ifname"), sizeBytes, from], "probe_read_kernel");
  b.jumpIf(intoRoom(8, address).notZero(), done);
  const ofRoute = transit.getBytes("ifname", 4, MTU_AT);
  const isLocked = transit.getBytes("ifname", 4, LOCK_AT).and(MTU_LOCKED).notZero();
  const v6 = b.label("mtu_of_ipv6");
  b.jumpIf(skb.protocol.ne(be16(ETH_P_IP)), v6);
  b.set(read, route.expires);
  b.jumpIf(read.notZero(), done);
  transit.set("mtu", ofRoute);
  b.jumpIf(ofRoute.notZero(), done);
  set(device.mtu);
  b.jump(done);
  b.bind(v6);
  b.if(all(isLocked, ofRoute.notZero()), () => {
    transit.set("mtu", ofRoute);
    b.jump(done);
  });
  if (device.ip6_ptr !== undefined && hasIpv6Mtu(kernel)) {
    b.set(read, device.ip6_ptr);
    b.jumpIf(read.isZero(), done);
    const at = kernel.offsetOf("inet6_dev", "cnf") + kernel.offsetOf("ipv6_devconf", "mtu6");
    b.jumpIf(intoRoom(4, read.add(at)).notZero(), done);
    transit.set("mtu", transit.getBytes("ifname", 4, 0));
  }
  b.bind(done);
}

/** Absent without IPv6, and where that is a module. */
function hasIpv6Mtu(kernel: KernelTypes): boolean {
  return ["inet6_dev", "ipv6_devconf"].every((name) => kernel.btf.find(name, "struct") !== undefined);
}
