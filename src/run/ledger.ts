/**
 * What became of every event of a run. For each kind and each sink the identity holds:
 *
 *     seen = shown + hidden + filtered + limited + unread + lost + undecodable
 *
 * The source counts what it decides itself; the ledger adds what the run decides, and each sink's account the
 * rest.
 */
import {
  type CostStats,
  type DropEvent,
  type Event,
  KINDS,
  type Kind,
  type RefusedTotal,
  type SiteCount,
  type SummaryNotice,
  type Totals,
  UNREAD_CAUSES,
  type UnreadBy,
  type UnreadCause,
} from "../model/index.ts";
import { byKind } from "../model/kinds.ts";
import { RefusedTally } from "../reasons/refused-tally.ts";
import type { KindCounts, SourceCounts } from "../source/source.ts";
import { type Account, weightOf } from "./account.ts";
import { ReasonCounts } from "./reason-counts.ts";

interface Outcomes {
  hiddenNormal: number;
  hiddenCopy: number;
  filtered: number;
  limited: number;
  unread: number;
}

/** Where events went, and its account. */
export interface LedgerOutlet {
  readonly name: string;
  readonly account: Account;
}

/** What the summary says beside the numbers. */
export interface RunFacts {
  readonly startedNs: bigint;
  readonly endedNs: bigint;
  readonly blindSpots: readonly string[];
  readonly problems: readonly string[];
  readonly bySite: readonly SiteCount[];
  readonly byOwner?: SummaryNotice["byOwner"];
  readonly cost: CostStats | undefined;
  readonly refusedSyns: RefusedTotal | undefined;
  readonly filterRest: string | undefined;
  readonly ownerLate: number | undefined;
}

export class Ledger {
  readonly #kinds = byKind(
    (): Outcomes => ({ hiddenNormal: 0, hiddenCopy: 0, filtered: 0, limited: 0, unread: 0 }),
  );
  readonly #hiddenByReason = new ReasonCounts("reason");
  readonly #refused = new RefusedTally();
  /** Drops that no sink was offered. */
  readonly #unreadBy: Record<UnreadCause, number> = { count: 0, closed: 0, slow: 0, ended: 0 };

  /** The filter accepted it; by cause, whatever becomes of it now. */
  accept(event: Event): void {
    if (event.kind !== "refused") return;
    this.#refused.add(event.site.reason, event.detail.count, event.detail.atMost);
  }

  /** Refused SYNs that the filter accepted. */
  refusedAccepted(): RefusedTotal {
    return this.#refused.total;
  }

  /** The filter's part that is evaluated in user space rejected it. */
  filter(event: Event): void {
    this.#kinds[event.kind].filtered += weightOf(event);
  }

  /** The rate limit or the sample left it out. */
  limit(event: Event): void {
    this.#kinds[event.kind].limited += weightOf(event);
  }

  /** Harmless, by a class that only user space could know. */
  hide(event: DropEvent): void {
    const outcomes = this.#kinds.drop;
    if (event.class === "copy") outcomes.hiddenCopy += 1;
    else outcomes.hiddenNormal += 1;
    this.#hiddenByReason.ofDrop(event).count += 1;
  }

  /** It was read, and offered to nobody: after the last one that was wanted. */
  leaveUnread(event: Event, why: UnreadCause): void {
    this.#kinds[event.kind].unread += weightOf(event);
    if (event.kind === "drop") this.#unreadBy[why] += 1;
  }

  /** Records that were not even read. */
  discard(counts: Readonly<Record<Kind, number>>, why: UnreadCause): void {
    this.#unreadBy[why] += counts.drop;
    for (const kind of KINDS) this.#kinds[kind].unread += counts[kind];
    // The filter was not asked, and nobody read the cause.
    if (counts.refused > 0) this.#refused.add("LISTEN_DROP", counts.refused, true);
  }

  /** The identity of one kind, as one sink sees it. */
  totals(kind: Kind, { [kind]: source }: SourceCounts, account: Account): Totals {
    const own = this.#kinds[kind];
    const { shown, shownSegments, unread } = account.shown(kind);
    return {
      seen: source.seen,
      shown,
      shownSegments,
      hidden: {
        normal: source.hiddenNormal + own.hiddenNormal,
        copy: source.hiddenCopy + own.hiddenCopy,
      },
      filtered: source.filtered + own.filtered,
      limited: source.limited + own.limited,
      unread: own.unread + unread,
      lost: source.lost,
      undecodable: sumOf(source.undecodable),
      missed: source.missed,
    };
  }

  /** The first outlet is the primary one. */
  summary(
    source: SourceCounts,
    outlets: readonly [LedgerOutlet, ...(readonly LedgerOutlet[])],
    facts: RunFacts,
  ): SummaryNotice {
    const { refusedSyns, ...beside } = facts;
    const [{ account }] = outlets;
    return {
      kind: "summary",
      ...beside,
      totals: { ...this.totals("drop", source, account), refusedSyns },
      outputs: outlets.map((outlet) => ({
        name: outlet.name,
        ...byKind((kind) => this.totals(kind, source, outlet.account)),
      })),
      shownByReason: account.shownByReason().mostFirst(),
      hiddenByReason: this.#allHidden(source.drop).mostFirst(),
      unreadBy: this.#causes(account),
      undecodableByKind: Object.fromEntries(
        Object.entries(source.drop.undecodable).filter(([, count]) => count > 0),
      ),
    };
  }

  /** The same summary with the numbers of one sink. */
  summaryOf(account: Account, source: SourceCounts, summary: SummaryNotice): SummaryNotice {
    const { refusedSyns } = summary.totals;
    return {
      ...summary,
      totals: { ...this.totals("drop", source, account), refusedSyns },
      shownByReason: account.shownByReason().mostFirst(),
      unreadBy: this.#causes(account),
    };
  }

  /** Why drops were unread, as one sink sees it. */
  #causes({ untaken }: Account): UnreadBy | undefined {
    const by = UNREAD_CAUSES.map((why) => {
      const count = this.#unreadBy[why] + (why === "closed" || why === "slow" ? untaken[why] : 0);
      return [why, count] as const;
    }).filter(([, count]) => count > 0);
    return by.length === 0 ? undefined : Object.fromEntries(by);
  }

  #allHidden({ hiddenByReason }: KindCounts): ReasonCounts {
    const hidden = this.#hiddenByReason.copy();
    for (const { count, ...key } of hiddenByReason) hidden.add(key, count);
    return hidden;
  }
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** How far the identity is off: 0 in every run. */
export function imbalance(totals: Totals): number {
  const { seen, shown, hidden, filtered, limited, unread, lost, undecodable } = totals;
  return seen - (shown + hidden.normal + hidden.copy + filtered + limited + unread + lost + undecodable);
}
