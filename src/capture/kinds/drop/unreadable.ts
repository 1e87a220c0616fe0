/**
 * Packets whose headers cannot be read: nobody can say whether they are TCP, so they count as undecodable.
 * Nothing else about them is guessed, but what the skb says without its headers is used: what cannot be TCP
 * does not count, and what was not asked for is filtered.
 *
 * All of this stands behind the exits, so that it costs nothing where headers can be read.
 */
import { all, not } from "../../../bpf/index.ts";
import { scratch } from "../../core/bare-address.ts";
import { net } from "../../core/kernel-structs.ts";
import { netOf } from "../../core/namespace.ts";
import { type Exits, IPV4_BYTES } from "../../core/packet-walk.ts";
import type { DropContext } from "./context.ts";
import type { ProbeRequest } from "./request.ts";

export function countUnreadable(drop: DropContext, exits: Exits, request: ProbeRequest): void {
  const { b, facts, count } = drop;
  // Both at once: the one difference is what counts them.
  b.bind(exits.notLinear);
  facts.set("cutOff", 1);
  b.bind(exits.notHeader);
  leaveTooShort(drop);
  count.add("seen", 1);
  leaveOtherFamily(drop, request);
  leaveForeign(drop, request);
  b.if(
    facts.get("cutOff").notZero(),
    () => count.add("notLinear", 1),
    () => count.add("notHeader", 1),
  );
  b.leave();
}

/**
 * The data, wherever the skb keeps it, ends within what would be the smallest IP header: no header says TCP
 * there (ip_rcv_core() and ip6_rcv_core() drop such frames). Where it ends before that offset, the offset is
 * wrong, and nothing is known.
 */
function leaveTooShort({ b, skb, facts }: DropContext): void {
  const end = b.keep(skb.data.sub(skb.head).add(skb.len), "end of data");
  b.leaveIf(all(facts.get("l3").le(end), facts.get("l3").add(IPV4_BYTES).gt(end)));
}

/** skb->protocol gives the family, unless there may be a packet of another one inside. */
function leaveOtherFamily({ b, skb, facts, count }: DropContext, { family }: ProbeRequest): void {
  if (family === undefined) return;
  b.if(all(facts.get("claimed").eq(family === 4 ? 6 : 4), skb.encapsulation.isZero()), () => {
    count.add("filtered", 1);
    b.leave();
  });
}

/**
 * Its namespace is that of the socket that sends it, else of its device; where neither is known, it may be
 * anybody's, and counts.
 */
function leaveForeign(drop: DropContext, { netns }: ProbeRequest): void {
  if (netns === undefined) return;
  const { b, kernel, skb, owner, device, facts, count } = drop;
  const known = b.label("namespace_known");
  const inum = facts.get("netnsInum");
  b.if(all(skb.skb_iif.isZero(), not(owner.address.isZero())), () => {
    const network = scratch(b, "read");
    b.set(network, owner.address);
    b.set(network, netOf(drop, network));
    facts.set("netnsInum", kernel.point(net, network.expression, "direct").ns.inum);
    b.jump(known);
  });
  b.if(not(device.address.isZero()), () => facts.set("netnsInum", device.nd_net.net.ns.inum));
  b.bind(known);
  b.if(all(inum.notZero(), ...netns.map((inode) => inum.ne(inode))), () => {
    count.add("filtered", 1);
    b.leave();
  });
}
