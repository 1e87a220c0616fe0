/**
 * Harmless drops and taps' copies, told apart in the kernel, before anything costs: counted by reason and not
 * sent.
 */
import { all, type Condition, type MapSpec, type Scalar } from "../../../bpf/index.ts";
import type { DropContext } from "../../core/context.ts";
import { COUNTED_REASONS, PLACE, PRESENT, placeKey } from "../../core/record.ts";
import type { ProbeRequest } from "./request.ts";
import type { Total } from "./totals.ts";

type HiddenCounter = "hiddenNormal" | "hiddenCopy";

/**
 * For so long is remembered with a place's total what the map said: under a storm it is not asked for each
 * drop.
 */
const REMEMBERED_NS = 1_000_000;

export function leaveHidden(c: DropContext, total: Total, places: MapSpec, request: ProbeRequest): void {
  const { b, reason, packet } = c;
  // What is harmless is then told by the location, in user space.
  if (reason === undefined) return;
  const shown = b.label("not_hidden");
  const normal = b.label("is_normal");
  const aCopy = b.label("is_copy");
  if (request.hideCopies) b.jumpIf(packet.walk.get("copy").notZero(), aCopy);
  for (const code of request.hiddenNormal)
    b.jumpIf(
      code === request.otherHost ? all(reason.eq(code), hasNo(c, PRESENT.ownMac)) : reason.eq(code),
      normal,
    );
  if (request.emptyPurged !== undefined) b.jumpIf(isEmptyPurged(c, reason, request.emptyPurged), normal);
  for (const code of request.hiddenCopy) b.jumpIf(reason.eq(code), aCopy);
  if (request.hidePlaces) {
    askAgain(c, total, reason, places);
    b.jumpIf(total.get("harmless").isZero(), shown);
    b.jumpIf(total.get("harmless").eq(PLACE.copy), aCopy);
    b.jump(normal);
  } else b.jump(shown);
  // The verifier refuses what cannot be reached.
  const hide = (counter: HiddenCounter): void => {
    c.count.add(counter, 1);
    countReason(c, reason, counter);
    b.leave();
  };
  if (request.hiddenNormal.length > 0 || request.emptyPurged !== undefined || request.hidePlaces) {
    b.place(normal);
    hide("hiddenNormal");
  }
  if (request.hiddenCopy.length > 0 || request.hideCopies || request.hidePlaces) {
    b.place(aCopy);
    hide("hiddenCopy");
  }
  b.place(shown);
}

/**
 * A purged skb without a byte left: TCP took off its headers when it queued it, and used what they said (the
 * FIN of every connection that closes in order ends so). What waits to be sent has its headers still.
 */
function isEmptyPurged({ skb }: DropContext, reason: Scalar, queuePurge: number): Condition {
  return all(reason.eq(queuePurge), skb.len.isZero());
}

function hasNo({ record }: DropContext, bit: number): Condition {
  return record.get("present").and(bit).isZero();
}

/** What user space has put into the map for this reason and location, unless that was asked just now. */
function askAgain({ b, location, record }: DropContext, total: Total, reason: Scalar, places: MapSpec): void {
  const asked = b.label("asked_just_now");
  b.jumpIf(record.get("ktimeNs").sub(total.get("askedNs")).lt(REMEMBERED_NS), asked);
  total.set("askedNs", record.get("ktimeNs"));
  total.set("harmless", 0);
  const key = b.buffer(placeKey.size);
  b.store(8, key.address, placeKey.fields.location.offset, location, "place.location =");
  b.store(8, key.address, placeKey.fields.reason.offset, reason, "place.reason =");
  const found = b.keep(b.lookup(places, key), "harmless place");
  b.if(found.notZero(), () => total.set("harmless", b.loadFrom(4, found, 0, "place's class")));
  b.place(asked);
}

/** hiddenNormalByReason[reason] += 1; codes beyond the table share its last place. */
function countReason({ b, cpu }: DropContext, reason: Scalar, counter: HiddenCounter): void {
  const index = b.variable("reason index");
  b.set(index, reason);
  b.if(index.ge(COUNTED_REASONS), () => b.set(index, COUNTED_REASONS - 1));
  // The mask changes nothing; verifiers before 6.8 forget the comparison and believe it.
  const place = b.keep(
    cpu.addressOf(`${counter}ByReason`).add(index.and(COUNTED_REASONS - 1).shiftLeft(3)),
    "reason counter",
  );
  b.store(8, place, 0, b.loadFrom(8, place, 0, "reason counter").add(1), "reason counter +=");
}
