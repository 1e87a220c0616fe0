/** What the section about the socket's owner, and filters that ask for it, need of the drop program. */
import type { KernelTypes, MapSpec } from "../../../bpf/index.ts";
import { BuildError } from "../../../errors.ts";
import type { FilterContext } from "../../core/filter-steps/index.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { isInCgroup } from "../../sections/owner/cgroup-ancestor.ts";
import { OWNER, type OwnerEvent, owner } from "../../sections/owner/owner.ts";
import type { SocketEvent } from "../../sections/socket/socket.ts";
import type { DropContext } from "./context.ts";
import { filterAsksOwner } from "./drop-sections.ts";
import { canMakeCookie, makeCookie } from "./make-cookie.ts";
import { readAnswers } from "./owner-answers.ts";
import type { ProbeRequest } from "./request.ts";

type Parts = Omit<OwnerEvent, "b" | "kernel" | "socket" | "hasSocket"> &
  Pick<DropContext, "keepNetnsCookie"> &
  Pick<SocketEvent, "makeCookie">;

export function ownerEvent(
  kernel: KernelTypes,
  layout: RecordLayout<never>,
  request: ProbeRequest,
  cpu: DropContext["cpu"],
  drop: () => DropContext,
): Parts {
  const isAsked = layout.slotOf(owner) !== undefined;
  return {
    // Since Linux 6.2; before 6.11 the socket comes from one place alone, and is known by one type.
    socketAccess: kernel.btf.find("bpf_rdonly_cast", "func") === undefined ? "direct" : "cast",
    socketAddress: cpu.get("believed"),
    netnsCookie: cpu.get("netnsCookie"),
    keepNetnsCookie: isAsked ? (cookie) => cpu.set("netnsCookie", cookie) : undefined,
    keepCgroup: filterAsksOwner(request.filter) ? (address) => cpu.set("cgroup", address) : undefined,
    makeCookie:
      request.owners === true && canMakeCookie(kernel) ? (memory) => makeCookie(drop(), memory) : undefined,
  };
}

/** What filters ask of it; `answers` is the map of these. */
export function ownerAsked(
  drop: () => DropContext,
  answers: MapSpec | undefined,
  { answersBy }: ProbeRequest,
): Pick<FilterContext["asked"], "uid" | "isInCgroup" | "answers"> {
  let isRead = false;
  return {
    answers: () => {
      if (answers === undefined || answersBy === undefined)
        throw new BuildError("Nobody answers what the filter asks of owners");
      if (!isRead) readAnswers(drop(), answers, answersBy);
      isRead = true;
      return drop().cpu.get("answers");
    },
    uid: () => {
      const memory = drop().record.demand(owner, drop());
      return { uid: memory.get("uid"), isKnown: memory.get("bits").and(OWNER.read).notZero() };
    },
    isInCgroup: (group) => isInCgroup(drop(), drop().cpu.get("cgroup"), group),
  };
}
