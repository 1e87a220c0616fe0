/**
 * Whether an event matches a rule, with three answers, because an event does not have everything.
 */
import type { EventMatch } from "../reasons/index.ts";
import type { EventKind } from "./event-counts.ts";

export type Answer = "yes" | "no" | "unknown";

/** `kernelReasons`: the names that this kernel has; without them it is unknown which it lacks. */
export function matches(
  kind: EventKind,
  wanted: EventMatch,
  kernelReasons: ReadonlySet<string> | undefined,
): Answer {
  const answers: readonly Answer[] = [
    truth(kind.source === (wanted.source ?? "kfree_skb")),
    reason(kind, wanted),
    among(kind.at, wanted.at),
    among(kind.family, wanted.family === undefined ? undefined : [wanted.family]),
    among(kind.direction, wanted.direction === undefined ? undefined : [wanted.direction]),
    among(kind.state, wanted.states),
    not(wanted.notStates === undefined ? "no" : among(kind.state, wanted.notStates)),
    wanted.withFlag === undefined ? "yes" : among(wanted.withFlag, kind.flags, "unknown"),
    wanted.withoutFlag === undefined ? "yes" : not(among(wanted.withoutFlag, kind.flags, "unknown")),
    wanted.carries === undefined ? "yes" : among(kind.carries, [wanted.carries]),
    wanted.unicast === undefined ? "yes" : among(kind.unicast, [true]),
    lacks(wanted.before, kernelReasons),
  ];
  if (answers.includes("no")) return "no";
  return answers.includes("unknown") ? "unknown" : "yes";
}

function reason({ source, subsystem, reason }: EventKind, { reasons }: EventMatch): Answer {
  if (reasons === undefined) return "yes";
  return truth(
    reason !== undefined && reasons.includes(reason) && (source === "listener" || subsystem === "CORE"),
  );
}

/** Whether `value` is in `list`; `byDefault` without a list. */
function among<T>(value: T | undefined, list: readonly T[] | undefined, byDefault: Answer = "yes"): Answer {
  if (list === undefined) return byDefault;
  return value === undefined ? "unknown" : truth(list.includes(value));
}

function lacks(name: string | undefined, kernelReasons: ReadonlySet<string> | undefined): Answer {
  if (name === undefined) return "yes";
  return kernelReasons === undefined ? "unknown" : truth(!kernelReasons.has(name));
}

function truth(holds: boolean): Answer {
  return holds ? "yes" : "no";
}

function not(answer: Answer): Answer {
  if (answer === "unknown") return answer;
  return answer === "yes" ? "no" : "yes";
}
