/**
 * What each drop reason means: plain data, left of the probe. The numbers are not in here: they come from the running kernel.
 *
 * The rule for a class: `loss` unless the kernel place shows otherwise. A real drop must never be hidden, so `normal` and `copy` are
 * given only where nothing that anybody waits for is lost.
 */
import type { DropClass } from "../event.ts";
import { PATH_REASONS } from "./path.ts";
import type { ReasonRow } from "./reason-row.ts";
import { SUBSYSTEM_REASONS } from "./subsystems.ts";
import { TCP_REASONS } from "./tcp.ts";

export type { ReasonRow } from "./reason-row.ts";

export const REASONS: readonly ReasonRow[] = [...TCP_REASONS, ...PATH_REASONS, ...SUBSYSTEM_REASONS];

const byName = new Map(REASONS.map((row) => [`${row.subsystem} ${row.name}`, row]));

/** The row of a reason. Names that this build does not know, and codes without a name, are `loss` and say so. */
export function reasonRow(name: string | undefined, subsystem = "CORE"): ReasonRow {
  return (
    byName.get(`${subsystem} ${name}`) ?? {
      name: name ?? "UNKNOWN",
      subsystem,
      class: "loss",
      place: "not known to this build",
      counter: undefined,
      meaning: name === undefined ? "This kernel has no name for the code." : "This build does not know the reason.",
      advice: "Look at the location and the stack",
    }
  );
}

/** Names of core reasons that are hidden unless all are asked for. */
export function hiddenReasonNames(dropClass: DropClass): readonly string[] {
  return REASONS.filter((row) => row.subsystem === "CORE" && row.class === dropClass).map((row) => row.name);
}
