/**
 * Packets whose headers cannot be read: nobody can tell whether they are TCP, so they count as undecodable.
 * Nothing else about them is guessed, but what the skb tells without its headers is used: what cannot be TCP
 * does not count, and what was not asked for is filtered.
 *
 * All of this stands behind the exits, so that it costs nothing where headers can be read.
 */
import { all, not } from "../../../bpf/index.ts";
import type { DropContext } from "../../core/context.ts";
import { type Exits, IPV4_BYTES } from "../../core/packet-walk.ts";
import type { SockPointer } from "../../core/socket-choice.ts";
import type { ProbeRequest } from "./request.ts";

export function countUnreadable(
  c: DropContext,
  owner: SockPointer,
  exits: Exits,
  request: ProbeRequest,
): void {
  for (const counter of ["notLinear", "notHeader"] as const) {
    c.b.place(exits[counter]);
    leaveTooShort(c);
    c.count.add("seen", 1);
    leaveOtherFamily(c, request);
    leaveForeign(c, owner, request);
    c.count.add(counter, 1);
    c.b.leave();
  }
}

/**
 * The data, wherever the skb keeps it, ends within what would be the smallest IP header: no header says TCP
 * there (ip_rcv_core() and ip6_rcv_core() drop such frames). Where it ends before that place, the place is
 * wrong, and nothing is known.
 */
function leaveTooShort({ b, skb, packet: { walk } }: DropContext): void {
  const end = b.keep(skb.data.sub(skb.head).add(skb.len), "end of data");
  b.leaveIf(all(walk.get("l3").le(end), walk.get("l3").add(IPV4_BYTES).gt(end)));
}

/** skb->protocol tells the family, unless there may be a packet of another one inside. */
function leaveOtherFamily({ b, skb, packet: { walk }, count }: DropContext, { family }: ProbeRequest): void {
  if (family === undefined) return;
  b.if(all(walk.get("claimed").eq(family === 4 ? 6 : 4), skb.encapsulation.isZero()), () => {
    count.add("filtered", 1);
    b.leave();
  });
}

/**
 * Its namespace is that of the socket that sends it, else of its device; where neither is known, it may be
 * anybody's, and counts.
 */
function leaveForeign(
  { b, skb, device, record, count }: DropContext,
  owner: SockPointer,
  { netns }: ProbeRequest,
): void {
  if (netns === undefined) return;
  const known = b.label("namespace_known");
  record.set("netnsInum", 0);
  b.if(all(skb.skb_iif.isZero(), not(owner.address.isZero())), () => {
    record.set("netnsInum", owner.__sk_common.skc_net.net.ns.inum);
    b.jump(known);
  });
  b.if(not(device.address.isZero()), () => record.set("netnsInum", device.nd_net.net.ns.inum));
  b.place(known);
  b.if(
    all(record.get("netnsInum").notZero(), ...netns.map((inode) => record.get("netnsInum").ne(inode))),
    () => {
      count.add("filtered", 1);
      b.leave();
    },
  );
}
