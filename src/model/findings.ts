/** What a run concludes from its drops: what is wrong, how that is known, and what to do next. */
import type { Owner } from "./owner.ts";

/**
 * How sure a finding is:
 * - `certain`: the kernel's own names and counters leave no other cause
 * - `likely`: the evidence fits, and what would speak against it was looked for and not found
 * - `possible`: the evidence fits, and could fit something else
 *
 * @example
 * ```ts
 * import { CERTAINTIES } from "tcpdrop";
 *
 * console.log(CERTAINTIES.join(" "));
 * // prints: certain likely possible
 * ```
 */
export const CERTAINTIES = ["certain", "likely", "possible"] as const;
export type Certainty = (typeof CERTAINTIES)[number];

/**
 * What a finding means for users of the machine, worst first:
 * - `critical`: connections fail, or data that was acknowledged is gone
 * - `warning`: connections get slow, or will fail if it goes on
 * - `info`: nobody is harmed
 *
 * @example
 * ```ts
 * import { SEVERITIES } from "tcpdrop";
 *
 * console.log(SEVERITIES.join(" "));
 * // prints: critical warning info
 * ```
 */
export const SEVERITIES = ["critical", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Something to do about it. */
export interface Advice {
  readonly action: string;
  readonly why?: string | undefined;
  /** What the action may break. */
  readonly risk?: string | undefined;
}

/** How many drops were of one owner; of none that is known, where there is no owner. */
export interface OwnerCount {
  readonly owner: Owner | undefined;
  readonly count: number;
}

/** One thing that is wrong, or worth knowing. Texts are sentences for people. */
export interface FindingNotice {
  readonly kind: "finding";
  /** When it was concluded. */
  readonly timeNs: bigint;
  /** Of the rule: "accept-queue-slow-app". */
  readonly rule: string;
  readonly title: string;
  readonly certainty: Certainty;
  readonly severity: Severity;
  /** What happens, in one sentence. */
  readonly text: string;
  /** Drops; refused SYNs count too. */
  readonly count: number;
  /** True: there were more that could not be attributed. */
  readonly countAtLeast: boolean;
  /** True: refused SYNs among them are an upper bound. With `countAtLeast` the count may be off either way. */
  readonly countAtMost: boolean;
  /** Distinct connections and addresses of clients among the drops that were looked at. */
  readonly connections: number;
  readonly peers: number;
  /** True: there are more of both than are kept apart. */
  readonly distinctAtLeast: boolean;
  /** Absent where no single drop was read: only totals. */
  readonly firstNs: bigint | undefined;
  readonly lastNs: bigint | undefined;
  /** Drops per second in the last seconds of the run; absent where not every drop was looked at by itself. */
  readonly perSecond: number | undefined;
  /** The most within one second of the clock; absent likewise, and where it was too long ago to be known. */
  readonly peakPerSecond: number | undefined;
  /** At least three drops, and the last one so shortly before the end that it goes on. */
  readonly ongoing: boolean;
  /** "192.0.2.2:80", "[2001:db8::2]:80"; several with a comma. Absent where none is known. */
  readonly service: string | undefined;
  readonly netns: number | undefined;
  /** What `ip netns` calls it; absent where it has no such name. */
  readonly netnsName: string | undefined;
  /** Whose the drops were, in words; absent where owners were not looked for. */
  readonly whose?: string | undefined;
  /** The same with numbers, most first; those without an owner came too late, or were not shown. */
  readonly owners?: readonly OwnerCount[] | undefined;
  /** One drop of it, in one line. */
  readonly example: string | undefined;
  /** Its id in the stream. */
  readonly exampleId: number | undefined;
  readonly evidence: readonly string[];
  /** What would show that it is something else. */
  readonly refute: string;
  readonly advice: readonly Advice[];
  /** Commands to paste, the first one first. */
  readonly next: readonly string[];
  /** Where the knowledge comes from. */
  readonly sources: readonly string[];
}

/** A rule that could not be evaluated. */
export interface NotEvaluated {
  readonly rule: string;
  readonly why: string;
}

/** What stands at the end of a run. */
export interface Report {
  readonly startedNs: bigint;
  readonly endedNs: bigint;
  /** One sentence: what matters most. */
  readonly headline: string;
  /** Worst first. */
  readonly findings: readonly FindingNotice[];
  readonly notEvaluated: readonly NotEvaluated[];
  /** Of all drops that may have harmed somebody, most first; empty where owners were not looked for. */
  readonly owners: readonly OwnerCount[];
}
