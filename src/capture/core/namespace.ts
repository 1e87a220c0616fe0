/**
 * The network namespace that a drop belongs to: that of the socket, else of the device, else of what is left.
 *
 * In TCP's hands skb->dev shares its memory with the red-black tree's links, so there it is believed only if
 * it has the index of the device that the skb came from.
 */
import { all, type Pointer, type Scalar } from "../../bpf/index.ts";
import { scratch } from "./bare-address.ts";
import { type PacketContext, untrusted } from "./context.ts";
import { dstEntry, net, netDevice, routeOf, sock } from "./kernel-structs.ts";
import type { SocketContext } from "./socket-choice.ts";

export interface NamespaceContext extends SocketContext {
  /** skb->dev; null, or not a device at all, once the skb is in TCP's hands. */
  readonly device: Pointer<typeof netDevice>;
  /** Gets the namespace's cookie; undefined where nobody wants it. */
  readonly keepNetnsCookie: ((cookie: Scalar | number) => void) | undefined;
}

/** Sets `facts.netnsInum`, `facts.net` and `facts.deviceBelieved`, and has the cookie kept. */
export function locateNamespace(context: NamespaceContext): void {
  const { b, facts, device, owner, receivedOn, believed } = context;
  const known = b.label("namespace_known");
  const ofSocket = b.label("namespace_of_socket");
  const holder = b.variable("socket of the namespace, then its net");
  b.set(holder, believed);
  context.keepNetnsCookie?.(0);
  b.if(
    device.address.isZero(),
    // Without a device nobody else's socket can be left in the skb: this one has it in a queue (packet_rcv(),
    // net/packet/af_packet.c).
    () => b.if(holder.isZero(), () => b.set(holder, owner.address)),
    () => {
      b.jumpIf(all(receivedOn.notZero(), holder.notZero(), device.ifindex.ne(receivedOn)), ofSocket);
      facts.set("deviceBelieved", 1);
      b.jumpIf(holder.notZero(), ofSocket);
      facts.set("netnsInum", device.nd_net.net.ns.inum);
      keepCookie(context, device.nd_net.net);
      b.jump(known);
    },
  );
  b.bind(ofSocket);
  b.if(
    holder.notZero(),
    () => {
      b.set(holder, netOf(context, holder));
      facts.set("net", holder);
      const namespace = context.kernel.point(net, holder.expression, "direct");
      facts.set("netnsInum", namespace.ns.inum);
      keepCookie(context, namespace);
    },
    () => fromRoute(context),
  );
  b.bind(known);
}

function keepCookie({ keepNetnsCookie }: NamespaceContext, { net_cookie }: Pointer<typeof net>): void {
  if (net_cookie !== undefined) keepNetnsCookie?.(net_cookie.load(8, 0));
}

/** The struct net of a socket, to be used before the next call. */
export function netOf(context: PacketContext, socket: Scalar): Scalar {
  return untrusted(context, sock, socket).__sk_common.skc_net.net.address;
}

/**
 * In TCP's hands an skb has neither device nor socket: tcp_v4_rcv() cleared the one, skb_steal_sock() took the
 * other. Before Linux 6.11 the tracepoint does not have the socket either, and only the route that brought it
 * there knows where it is.
 */
function fromRoute({ b, kernel, skb, facts, keepNetnsCookie }: NamespaceContext): void {
  const route = b.keep(routeOf(skb), "dst_entry of the namespace");
  b.if(route.notZero(), () => {
    const device = b.keep(kernel.point(dstEntry, route.expression, "probe").dev.address, "dst_entry.dev");
    const namespace = b.keep(
      kernel.point(netDevice, device.expression, "probe").nd_net.net.address,
      "net of the route",
    );
    facts.set("net", namespace);
    const { ns, net_cookie } = kernel.point(net, namespace.expression, "probe");
    facts.set("netnsInum", b.keep(ns.inum, "inum of the route"));
    if (keepNetnsCookie === undefined || net_cookie === undefined) return;
    const read = scratch(b, "read");
    b.set(read, net_cookie.load(8, 0));
    keepNetnsCookie(read);
  });
}
