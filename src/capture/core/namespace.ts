/**
 * The network namespace that a drop belongs to: that of the socket, else of the device, else of what is left.
 *
 * In TCP's hands skb->dev shares its memory with the red-black tree's links, so there it is believed only if
 * it has the index of the device that the skb came from.
 */
import { all, not, type Pointer, type Scalar } from "../../bpf/index.ts";
import type { Facts } from "./facts.ts";
import { dstEntry, kernelSock, net, netDevice, routeOf, type SockPointer } from "./kernel-structs.ts";
import type { SocketContext } from "./socket-choice.ts";

export interface NamespaceContext extends SocketContext {
  /** skb->dev; null, or not a device at all, once the skb is in TCP's hands. */
  readonly device: Pointer<typeof netDevice>;
}

/** Sets `facts.netnsInum`, `facts.net` and `facts.deviceBelieved`. */
export function locateNamespace(context: NamespaceContext): void {
  const { b, kernel, facts, device, owner, receivedOn, believed } = context;
  const known = b.label("namespace_known");
  const netns = facts.get("netnsInum");
  b.if(believed.notZero(), () => fromSocket(facts, kernelSock(kernel, believed)));
  b.if(not(device.address.isZero()), () => {
    b.jumpIf(all(receivedOn.notZero(), believed.notZero(), device.ifindex.ne(receivedOn)), known);
    facts.set("deviceBelieved", 1);
    b.if(netns.isZero(), () => facts.set("netnsInum", device.nd_net.net.ns.inum));
    b.jump(known);
  });
  b.jumpIf(netns.notZero(), known);
  // Without a device nobody else's socket can be left in the skb: this one has it in a queue (packet_rcv(),
  // net/packet/af_packet.c).
  b.if(not(owner.address.isZero()), () => fromSocket(facts, owner));
  b.jumpIf(netns.notZero(), known);
  fromRoute(context);
  b.bind(known);
}

function fromSocket(facts: Facts, sk: SockPointer): void {
  facts.set("netnsInum", netnsOf(sk));
  facts.set("net", sk.__sk_common.skc_net.net.address);
}

/** The inode number of a socket's network namespace. */
export function netnsOf({ __sk_common }: SockPointer): Scalar {
  return __sk_common.skc_net.net.ns.inum;
}

/**
 * In TCP's hands an skb has neither device nor socket: tcp_v4_rcv() cleared the one, skb_steal_sock() took the
 * other. Before Linux 6.11 the tracepoint does not have the socket either, and only the route that brought it
 * there knows where it is.
 */
function fromRoute({ b, kernel, skb, facts }: NamespaceContext): void {
  const route = b.keep(routeOf(skb), "dst_entry of the namespace");
  b.if(route.notZero(), () => {
    const device = b.keep(kernel.point(dstEntry, route.expression, "probe").dev.address, "dst_entry.dev");
    const namespace = b.keep(
      kernel.point(netDevice, device.expression, "probe").nd_net.net.address,
      "net of the route",
    );
    facts.set("net", namespace);
    const { inum } = kernel.point(net, namespace.expression, "probe").ns;
    facts.set("netnsInum", b.keep(inum, "inum of the route"));
  });
}
