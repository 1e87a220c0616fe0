/** What the live source decides of events itself, by their kind: a row here for each. */
import type { KernelCounters, ReasonSlot, Tracer } from "../capture/tracer.ts";
import type { DropClass, Kind, ReasonCount } from "../model/index.ts";
import { byKind } from "../model/kinds.ts";
import type { LiveRecords } from "./live-records.ts";
import type { RefusedSampling } from "./refused-sampling.ts";
import { type KindCounts, NO_COUNTS, type SourceCounts } from "./source.ts";

export interface LiveParts {
  readonly tracer: Tracer;
  readonly records: LiveRecords;
  /** Undefined where refused SYNs are not watched. */
  readonly sampling: RefusedSampling | undefined;
}

const COUNTS: Readonly<Record<Kind, (live: LiveParts) => KindCounts>> = {
  drop: dropCounts,
  // Those that have no record, or none that can be decoded, are in a sample.
  refused: ({ records, sampling }) => ({
    ...NO_COUNTS,
    seen: records.events("refused") + (sampling?.seen ?? 0),
  }),
};

export function countsOf(live: LiveParts): SourceCounts {
  return byKind((kind) => COUNTS[kind](live));
}

function dropCounts({ tracer, records }: LiveParts): KindCounts {
  const kernel = tracer.counters();
  return {
    seen: kernel.seen,
    sent: kernel.sent,
    hiddenNormal: kernel.hiddenNormal,
    hiddenCopy: kernel.hiddenCopy,
    filtered: kernel.filtered,
    limited: kernel.limited,
    lost: kernel.lost,
    undecodable: {
      header_not_linear: kernel.notLinear,
      header_not_set: kernel.notHeader,
      record: records.undecodable("drop"),
    },
    missed: tracer.missed(),
    hiddenByReason: hiddenByReason(kernel, records),
  };
}

/** Reasons that share the last of the kernel program's counters. */
const OTHER = {
  reason: undefined,
  reasonCode: undefined,
  reasonSubsystem: undefined,
  reasonInferred: false,
  other: true,
} as const;

function hiddenByReason(
  { hiddenNormalByReason, hiddenCopyByReason }: KernelCounters,
  { drops }: LiveRecords,
): readonly ReasonCount[] {
  const rows = (dropClass: DropClass, counts: ReadonlyMap<ReasonSlot, number>): readonly ReasonCount[] =>
    [...counts].map(([slot, count]) => ({
      ...(slot === "other" ? OTHER : drops.reason(slot)),
      class: dropClass,
      count,
    }));
  return [...rows("normal", hiddenNormalByReason), ...rows("copy", hiddenCopyByReason)];
}
