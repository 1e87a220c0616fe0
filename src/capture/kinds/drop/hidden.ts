/**
 * Harmless drops and taps' copies, as far as the kernel knows them, before anything costs: counted by reason
 * and not sent.
 */
import { all, type Condition, type MapSpec, type Scalar } from "../../../bpf/index.ts";
import type { DropContext } from "./context.ts";
import { COUNTED_REASONS, HARMLESS, harmlessKey } from "./cpu-memory.ts";
import type { ProbeRequest } from "./request.ts";

type HiddenCounter = "hiddenNormal" | "hiddenCopy";

/** What the map said is kept so long with a site's total: under a storm it is not asked for each drop. */
const REMEMBERED_NS = 1_000_000;

export function leaveHidden(drop: DropContext, sites: MapSpec, request: ProbeRequest): void {
  const { b, reason, facts, total } = drop;
  // Then the location decides what is harmless, in user space.
  if (reason === undefined) return;
  const shown = b.label("not_hidden");
  const normal = b.label("is_normal");
  const aCopy = b.label("is_copy");
  if (request.hideCopies) b.jumpIf(facts.get("copy").notZero(), aCopy);
  for (const code of request.hiddenNormal)
    b.jumpIf(
      code === request.otherHost ? all(reason.eq(code), facts.get("ownMac").isZero()) : reason.eq(code),
      normal,
    );
  if (request.emptyPurged !== undefined) b.jumpIf(isEmptyPurged(drop, reason, request.emptyPurged), normal);
  for (const code of request.hiddenCopy) b.jumpIf(reason.eq(code), aCopy);
  if (request.hideSites) {
    askAgain(drop, reason, sites);
    b.jumpIf(total.get("harmless").isZero(), shown);
    b.jumpIf(total.get("harmless").eq(HARMLESS.copy), aCopy);
    b.jump(normal);
  } else b.jump(shown);
  // The verifier refuses what cannot be reached.
  const hide = (counter: HiddenCounter): void => {
    drop.count.add(counter, 1);
    countReason(drop, reason, counter);
    b.leave();
  };
  if (request.hiddenNormal.length > 0 || request.emptyPurged !== undefined || request.hideSites) {
    b.bind(normal);
    hide("hiddenNormal");
  }
  if (request.hiddenCopy.length > 0 || request.hideCopies || request.hideSites) {
    b.bind(aCopy);
    hide("hiddenCopy");
  }
  b.bind(shown);
}

/**
 * A purged skb without a byte left: TCP took off its headers when it queued it, and used what they said (the
 * FIN of every connection that closes in order ends so). What waits to be sent has its headers still.
 */
function isEmptyPurged({ skb }: DropContext, reason: Scalar, queuePurge: number): Condition {
  return all(reason.eq(queuePurge), skb.len.isZero());
}

/** What user space has put into the map for this reason and location, unless that was asked just now. */
function askAgain({ b, location, total, nowNs }: DropContext, reason: Scalar, sites: MapSpec): void {
  const asked = b.label("asked_just_now");
  b.jumpIf(nowNs.sub(total.get("askedNs")).lt(REMEMBERED_NS), asked);
  total.set("askedNs", nowNs);
  total.set("harmless", 0);
  const key = b.buffer(harmlessKey.size);
  b.store(8, key.address, harmlessKey.fields.location.offset, location, "harmless.location =");
  b.store(8, key.address, harmlessKey.fields.reason.offset, reason, "harmless.reason =");
  const found = b.keep(b.lookup(sites, key), "harmless site");
  b.if(found.notZero(), () => total.set("harmless", b.loadFrom(4, found, 0, "its class")));
  b.bind(asked);
}

/** hiddenNormalByReason[reason] += 1; codes beyond the table share its last counter. */
function countReason({ b, cpu }: DropContext, reason: Scalar, counter: HiddenCounter): void {
  const index = b.variable("reason index");
  b.set(index, reason);
  b.if(index.ge(COUNTED_REASONS), () => b.set(index, COUNTED_REASONS - 1));
  // The mask changes nothing; verifiers before 6.8 forget the comparison and believe it.
  const address = b.keep(
    cpu.addressOf(`${counter}ByReason`).add(index.and(COUNTED_REASONS - 1).shiftLeft(3)),
    "reason counter",
  );
  b.store(8, address, 0, b.loadFrom(8, address, 0, "reason counter").add(1), "reason counter +=");
}
