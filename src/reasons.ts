/**
 * The tables by themselves, `tcpdrop/reasons`: what each drop reason means, and which drops raise which of
 * the kernel's counters. Plain data: it needs no rights, and no Linux.
 */
export type { Direction, DropClass, TcpFlag } from "./model/index.ts";
export {
  COUNTER_RULES,
  type CounterRule,
  classify,
  type EventMatch,
  type KernelHas,
  LOCATION_RULES,
  type LocationRule,
  REASONS,
  type ReasonRow,
  reasonRow,
  type Segment,
} from "./reasons/index.ts";
