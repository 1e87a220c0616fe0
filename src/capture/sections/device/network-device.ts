/**
 * The interface, and the network namespace where no socket told it.
 *
 * In TCP's hands skb->dev shares its memory with the red-black tree's links, so there it is believed only if
 * it has the index of the device that the skb came from.
 */
import { all, not } from "../../../bpf/index.ts";
import { type DropContext, markPresent } from "../../core/context.ts";
import { dstEntry, net, netDevice, routeOf } from "../../core/kernel-structs.ts";
import { PRESENT } from "../../core/record.ts";
import type { SockPointer } from "../../core/socket-choice.ts";

/** `owner` is skb->sk, whatever kind of socket it is. */
export function fillInterface(c: DropContext, owner: SockPointer): void {
  const { b, device, record, receivedOn, packet } = c;
  const done = b.label("interface_done");
  b.if(receivedOn.notZero(), () => {
    record.set("ifindex", receivedOn);
    markPresent(c, PRESENT.ifindex | PRESENT.received);
  });
  b.jumpIf(device.address.isZero(), done);
  b.jumpIf(
    all(
      receivedOn.notZero(),
      record.get("present").and(PRESENT.state).notZero(),
      device.ifindex.ne(receivedOn),
    ),
    done,
  );
  record.set("ifindex", device.ifindex);
  record.setBytes("ifname", 8, 0, device.name.load(8, 0));
  record.setBytes("ifname", 8, 8, device.name.load(8, 8));
  b.if(record.get("netnsInum").isZero(), () => record.set("netnsInum", device.nd_net.net.ns.inum));
  markPresent(c, PRESENT.ifindex | PRESENT.ifname);
  b.place(done);
  // Without a device nobody else's socket can be left in the skb: this one has it in a queue (packet_rcv(),
  // net/packet/af_packet.c).
  b.if(all(record.get("netnsInum").isZero(), device.address.isZero(), not(owner.address.isZero())), () => {
    record.set("netnsInum", owner.__sk_common.skc_net.net.ns.inum);
    packet.walk.set("net", owner.__sk_common.skc_net.net.address);
  });
  b.if(all(record.get("netnsInum").isZero(), device.address.isZero()), () => netnsOfRoute(c));
  b.if(record.get("netnsInum").notZero(), () => markPresent(c, PRESENT.netns));
}

/**
 * In TCP's hands an skb has neither device nor socket: tcp_v4_rcv() cleared the one, skb_steal_sock() took
 * the other. Before Linux 6.11 the tracepoint does not tell the socket either, and only the route that
 * brought it there knows where it is.
 */
function netnsOfRoute({ b, kernel, skb, record, packet }: DropContext): void {
  const route = b.keep(routeOf(skb), "dst_entry of the namespace");
  b.if(route.notZero(), () => {
    const device = b.keep(kernel.point(dstEntry, route.expression, "probe").dev.address, "dst_entry.dev");
    const namespace = b.keep(
      kernel.point(netDevice, device.expression, "probe").nd_net.net.address,
      "net of the route",
    );
    packet.walk.set("net", namespace);
    record.set(
      "netnsInum",
      b.keep(kernel.point(net, namespace.expression, "probe").ns.inum, "inum of the route"),
    );
  });
}
