/**
 * The interface, and the network namespace where no socket told it.
 *
 * In TCP's hands skb->dev shares its memory with the red-black tree's links, so there it is believed only if it has the index of
 * the device that the skb came from.
 */
import { all } from "../bpf/index.ts";
import { type DropContext, markPresent } from "./context.ts";
import { PRESENT } from "./record.ts";

export function fillInterface(c: DropContext): void {
  const { b, device, record, receivedOn } = c;
  const done = b.label("interface_done");
  b.if(receivedOn.notZero(), () => {
    record.set("ifindex", receivedOn);
    markPresent(c, PRESENT.ifindex | PRESENT.received);
  });
  b.jumpIf(device.address.isZero(), done);
  b.jumpIf(all(receivedOn.notZero(), record.get("present").and(PRESENT.state).notZero(), device.ifindex.ne(receivedOn)), done);
  record.set("ifindex", device.ifindex);
  record.setBytes("ifname", 8, 0, device.name.load(8, 0));
  record.setBytes("ifname", 8, 8, device.name.load(8, 8));
  b.if(record.get("netnsInum").isZero(), () => record.set("netnsInum", device.nd_net.net.ns.inum));
  markPresent(c, PRESENT.ifindex | PRESENT.ifname);
  b.place(done);
  b.if(record.get("netnsInum").notZero(), () => markPresent(c, PRESENT.netns));
}
