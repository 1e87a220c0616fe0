/**
 * The tables by themselves, `tcpdrop/reasons`: what each drop reason means, and which drops raise which of
 * the kernel's counters. Plain data: it needs no rights, and no Linux.
 */
export type { Direction, DropClass, TcpFlag } from "./model/index.ts";
export {
  COUNTER_RULES,
  type CopyOf,
  type CounterRule,
  classify,
  type EventMatch,
  explainDrop,
  type KernelHas,
  REASONS,
  type ReasonRow,
  reasonRow,
  type Segment,
  type SegmentConditions,
  type SiteConditions,
  VARIANTS,
  type Variant,
  type VariantRow,
} from "./reasons/index.ts";
