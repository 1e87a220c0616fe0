/**
 * Copies that no receiving socket shows: what a packet socket had not read when it was closed, and clones that
 * would have brought a time stamp to a sender's error queue. The packets themselves went on.
 */
import { all, any, type Condition, type Scalar } from "../../../bpf/index.ts";
import { AF_PACKET, ENOMSG, PACKET_OUTGOING, SO_EE_ORIGIN_TIMESTAMPING } from "../../../sys/macros.ts";
import { COPY, DIRECTION } from "../../core/facts.ts";
import { sockExterrSkb } from "../../core/kernel-structs.ts";
import type { DropContext } from "./context.ts";
import type { ProbeRequest } from "./request.ts";

/** Sets `facts.copy`. */
export function markCopies(drop: DropContext, { codes }: ProbeRequest): void {
  const { b, facts, reason } = drop;
  if (reason === undefined) return;
  if (codes.queuePurge !== undefined)
    b.if(all(isReason(reason, codes.queuePurge), ...isUnread(drop)), () => facts.set("copy", COPY.socket));
  const isClone = isTimestampClone(drop);
  if (codes.notSpecified !== undefined && isClone !== undefined)
    b.if(all(isReason(reason, codes.notSpecified), ...isClone), () => facts.set("copy", COPY.timestamp));
}

/**
 * By a difference: of `reason` itself the verifier would remember what was found, and follow the rest of the
 * program once for each answer.
 */
export function isReason(reason: Scalar, code: number): Condition {
  return reason.xor(code).isZero();
}

/**
 * packet_rcv() gives its copies to the packet socket (skb_set_owner_r()), and packet_release() purges its queue.
 * A frame that such a socket sent has neither come from a device nor is it marked as outgoing.
 */
function isUnread({ skb, owner, receivedOn }: DropContext): readonly Condition[] {
  return [
    owner.address.ne(0),
    owner.__sk_common.skc_family.eq(AF_PACKET),
    any(receivedOn.notZero(), skb.pkt_type.eq(PACKET_OUTGOING)),
  ];
}

/**
 * __skb_complete_tx_timestamp() writes the error that it would queue into the clone's control block, and frees the
 * clone where the queue is full. The clone has no socket and came from no device, so that nobody else has written
 * there what a peer chose.
 */
function isTimestampClone({
  kernel,
  skb,
  facts,
  owner,
  rxSk,
}: DropContext): readonly Condition[] | undefined {
  if (kernel.btf.find("sock_exterr_skb", "struct") === undefined) return undefined;
  const { ee } = kernel.point(
    sockExterrSkb,
    skb.address.add(kernel.offsetOf("sk_buff", "cb")).expression,
    "direct",
  );
  return [
    facts.get("direction").eq(DIRECTION.unknown),
    owner.address.isZero(),
    ...(rxSk === undefined ? [] : [rxSk.address.isZero()]),
    ee.ee_errno.eq(ENOMSG),
    ee.ee_origin.eq(SO_EE_ORIGIN_TIMESTAMPING),
  ];
}
