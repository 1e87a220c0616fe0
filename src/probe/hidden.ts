/** Harmless drops and taps' copies, told apart in the kernel, before anything costs: counted by reason and not sent. */
import type { DropContext } from "./context.ts";
import { COUNTED_REASONS } from "./record.ts";
import type { ProbeRequest } from "./request.ts";

export function leaveHidden(c: DropContext, request: ProbeRequest): void {
  const { b, reason, packet, count } = c;
  const hide = (counter: "hiddenNormal" | "hiddenCopy"): void => {
    count.add(counter, 1);
    countReason(c);
    b.leave();
  };
  if (request.hideCopies) b.if(packet.walk.get("copy").notZero(), () => hide("hiddenCopy"));
  const shown = b.label("not_hidden");
  const normal = b.label("is_normal");
  const aCopy = b.label("is_copy");
  for (const code of request.hiddenNormal) b.jumpIf(reason.eq(code), normal);
  for (const code of request.hiddenCopy) b.jumpIf(reason.eq(code), aCopy);
  b.jump(shown);
  if (request.hiddenNormal.length > 0) {
    b.place(normal);
    hide("hiddenNormal");
  }
  if (request.hiddenCopy.length > 0) {
    b.place(aCopy);
    hide("hiddenCopy");
  }
  b.place(shown);
}

/** hiddenByReason[reason] += 1; codes beyond the table share its last place. */
function countReason({ b, cpu, reason }: DropContext): void {
  const index = b.variable("reason index");
  b.set(index, reason);
  b.if(index.ge(COUNTED_REASONS), () => b.set(index, COUNTED_REASONS - 1));
  // The mask changes nothing; verifiers before 6.8 forget the comparison and believe it.
  const place = b.keep(cpu.addressOf("hiddenByReason").add(index.and(COUNTED_REASONS - 1).shiftLeft(3)), "reason counter");
  b.store(8, place, 0, b.loadFrom(8, place, 0, "reason counter").add(1), "reason counter +=");
}
