import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { SummaryNotice } from "../model/index.ts";
import { byKind } from "../model/kinds.ts";
import { type KindCounts, NO_COUNTS, type SourceCounts } from "../source/source.ts";
import { Account } from "./account.ts";
import { dropLike, refusedLike } from "./events.test.kit.ts";
import { imbalance, Ledger, type RunFacts } from "./ledger.ts";

const FACTS: RunFacts = {
  startedNs: 1n,
  endedNs: 2n,
  blindSpots: ["inside"],
  problems: [],
  bySite: [],
  cost: undefined,
  refusedSyns: undefined,
  filterRest: undefined,
  ownerLate: undefined,
};
const counts = (drop: Partial<KindCounts>, refused: Partial<KindCounts> = {}): SourceCounts => ({
  ...byKind(() => NO_COUNTS),
  drop: { ...NO_COUNTS, ...drop },
  refused: { ...NO_COUNTS, ...refused },
});
const summaryOf = (ledger: Ledger, account: Account, source: SourceCounts): SummaryNotice =>
  ledger.summary(source, [{ name: "stdout", account }], FACTS);

const REASON = { ...dropLike().site, class: dropLike().class };

/** What may become of one drop, outside of its source. */
const OUTCOMES: Readonly<Record<string, (ledger: Ledger, account: Account) => void>> = {
  shown: (_ledger, account) => account.take(dropLike()),
  refunded: (_ledger, account) => {
    account.take(dropLike());
    account.refund([{ kind: "drop", count: 1, segments: 1, reason: REASON }], "slow");
  },
  declined: (_ledger, account) => account.decline(dropLike(), "slow"),
  normal: (ledger) => ledger.hide(dropLike({ class: "normal" })),
  copy: (ledger) => ledger.hide(dropLike({ class: "copy" })),
  filtered: (ledger) => ledger.filter(dropLike()),
  limited: (ledger) => ledger.limit(dropLike()),
  unread: (ledger) => ledger.leaveUnread(dropLike(), "count"),
};

describe("Ledger", () => {
  test("adds what the run decided to what the source decided", () => {
    const ledger = new Ledger();
    ledger.limit(dropLike());
    ledger.filter(dropLike());
    ledger.hide(dropLike({ class: "normal" }));
    ledger.hide(dropLike({ class: "copy" }));
    ledger.leaveUnread(dropLike(), "count");
    ledger.discard({ ...byKind(() => 0), drop: 3 }, "ended");
    const source = counts({ seen: 27, limited: 2, filtered: 5, hiddenNormal: 9, hiddenCopy: 1, lost: 2 });
    const totals = ledger.totals("drop", source, new Account());
    const { limited, filtered, hidden, unread, lost } = totals;
    assert.deepEqual([limited, filtered, hidden, unread, lost], [3, 6, { normal: 10, copy: 2 }, 4, 2]);
    assert.equal(imbalance(totals), 0);
  });

  test("counts shown skbs and the wire segments that they stand for", () => {
    const account = new Account();
    account.take(dropLike({ gsoSegs: 1 }));
    account.take(dropLike({ gsoSegs: 44 }));
    const totals = new Ledger().totals("drop", counts({ seen: 2, missed: 3 }), account);
    assert.deepEqual([totals.shown, totals.shownSegments, totals.missed], [2, 45, 3]);
  });

  test("lists reasons most first, and then by code; one reason in two classes stands twice", () => {
    const account = new Account();
    const take = (reason: string, reasonCode: number, dropClass: "loss" | "refused" | "copy"): void =>
      account.take(dropLike({ reason, reasonCode, class: dropClass }));
    take("TCP_CSUM", 9, "loss");
    take("NO_SOCKET", 3, "copy");
    take("NO_SOCKET", 3, "copy");
    take("NO_SOCKET", 3, "refused");
    const { shownByReason } = summaryOf(new Ledger(), account, counts({}));
    assert.deepEqual(
      shownByReason.map(({ reason, class: dropClass, count }) => [reason, dropClass, count]),
      [
        ["NO_SOCKET", "copy", 2],
        ["NO_SOCKET", "refused", 1],
        ["TCP_CSUM", "loss", 1],
      ],
    );
  });

  test("lists hidden drops with the class that hid them, the source's among them", () => {
    const ledger = new Ledger();
    const purge = { reason: "QUEUE_PURGE", reasonCode: 105, reasonInferred: false, class: "normal" } as const;
    ledger.hide(dropLike(purge));
    ledger.hide(dropLike({ ...purge, class: "copy" }));
    const source = counts({
      hiddenNormal: 9,
      hiddenByReason: [{ ...purge, reasonSubsystem: "CORE", count: 9 }],
    });
    const { hiddenByReason } = summaryOf(ledger, new Account(), source);
    assert.deepEqual(
      hiddenByReason.map(({ reason, class: dropClass, count }) => [reason, dropClass, count]),
      [
        ["QUEUE_PURGE", "normal", 10],
        ["QUEUE_PURGE", "copy", 1],
      ],
    );
  });

  test("where the kernel has no reasons, inferred ones stand by name, and all others together", () => {
    const account = new Account();
    const without = { reasonCode: undefined, reason: undefined } as const;
    for (const reason of ["NETFILTER_DROP", "IP_OUTNOROUTES", "NETFILTER_DROP"])
      account.take(dropLike({ ...without, reason, reasonInferred: true }));
    account.take(dropLike(without));
    const { shownByReason } = summaryOf(new Ledger(), account, counts({}));
    assert.deepEqual(
      shownByReason.map(({ reason, reasonInferred, count }) => [reason, reasonInferred, count]),
      [
        ["NETFILTER_DROP", true, 2],
        ["IP_OUTNOROUTES", true, 1],
        [undefined, false, 1],
      ],
    );
  });

  test("says why records were undecodable, and only why they were", () => {
    const source = counts({ seen: 5, undecodable: { header_not_linear: 3, header_not_set: 0, record: 2 } });
    const { totals, undecodableByKind } = summaryOf(new Ledger(), new Account(), source);
    assert.deepEqual(undecodableByKind, { header_not_linear: 3, record: 2 });
    assert.equal(totals.undecodable, 5);
  });

  test("keeps an identity for each kind and each output", () => {
    const ledger = new Ledger();
    const [one, other] = [new Account(), new Account()];
    one.take(dropLike());
    one.take(refusedLike(4));
    other.decline(dropLike(), "closed");
    other.take(refusedLike(4));
    other.refund([{ kind: "refused", count: 4, segments: 4, reason: undefined }], "slow");
    ledger.filter(refusedLike(2));
    const { outputs } = ledger.summary(
      counts({ seen: 1 }, { seen: 6 }),
      [
        { name: "stdout", account: one },
        { name: "file", account: other },
      ],
      FACTS,
    );
    assert.deepEqual(
      outputs.map(({ name, drop, refused }) => [
        name,
        drop.shown,
        drop.unread,
        refused.shown,
        refused.unread,
      ]),
      [
        ["stdout", 1, 0, 4, 0],
        ["file", 0, 1, 0, 4],
      ],
    );
    for (const { drop, refused } of outputs) assert.deepEqual([imbalance(drop), imbalance(refused)], [0, 0]);
  });

  test("says why drops were unread, as each sink sees it", () => {
    const ledger = new Ledger();
    const [first, other] = [new Account(), new Account()];
    ledger.leaveUnread(dropLike(), "count");
    ledger.discard({ ...byKind(() => 0), drop: 3 }, "ended");
    other.decline(dropLike(), "closed");
    const source = counts({ seen: 5 });
    const summary = summaryOf(ledger, first, source);
    assert.deepEqual(summary.unreadBy, { count: 1, ended: 3 });
    assert.deepEqual(ledger.summaryOf(other, source, summary).unreadBy, { count: 1, closed: 1, ended: 3 });
    assert.equal(summaryOf(new Ledger(), first, source).unreadBy, undefined);
  });

  test("balances whatever became of each skb, and is off by what was forgotten", () => {
    const bySource = ["hiddenNormal", "hiddenCopy", "filtered", "limited", "lost"] as const;
    const property = fc.property(
      fc.array(fc.constantFrom(...Object.keys(OUTCOMES))),
      fc.array(fc.constantFrom(...bySource)),
      fc.nat({ max: 5 }),
      (list, source, forgotten) => {
        const ledger = new Ledger();
        const account = new Account();
        for (const outcome of list) OUTCOMES[outcome]?.(ledger, account);
        const of = (one: (typeof bySource)[number]): number => source.filter((other) => other === one).length;
        const { totals, shownByReason, unreadBy } = summaryOf(
          ledger,
          account,
          counts({
            seen: list.length + source.length + forgotten,
            ...Object.fromEntries(bySource.map((one) => [one, of(one)])),
          }),
        );
        assert.equal(imbalance(totals), forgotten);
        assert.equal(
          Object.values(unreadBy ?? {}).reduce((sum, count) => sum + count, 0),
          totals.unread,
        );
        assert.equal(
          shownByReason.reduce((sum, { count }) => sum + count, 0),
          totals.shown,
        );
      },
    );
    fc.assert(property, { numRuns: 500 });
  });
});
