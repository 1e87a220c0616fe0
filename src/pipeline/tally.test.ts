import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import { findEnum, openKernelBtf } from "../btf/index.ts";
import { ReasonNames } from "../enrich/reason-names.ts";
import { Sites } from "../enrich/sites.ts";
import { Symbolizer } from "../enrich/symbolizer.ts";
import { steps } from "../host/steps.test.kit.ts";
import type { DropClass, DropEvent } from "../model/index.ts";
import type { KernelCounters } from "../probe/tracer.ts";
import { reasonRow } from "../reasons/index.ts";
import { imbalance, type RunFacts, Tally } from "./tally.ts";

const btf = openKernelBtf();
const codeOf = (name: string): number =>
  findEnum(btf, "skb_drop_reason")?.get(`SKB_DROP_REASON_${name}`) ?? assert.fail(name);
const sites = new Sites(
  new ReasonNames(btf),
  new Symbolizer(() => steps({ symbols: undefined, problem: undefined })),
  { tellsReceivingSocket: true, tellsReasons: true },
);

const NO_SOCKET = codeOf("NO_SOCKET");
const TCP_CSUM = codeOf("TCP_CSUM");
const QUEUE_PURGE = codeOf("QUEUE_PURGE");

const QUIET: KernelCounters = {
  seen: 0,
  sent: 0,
  hiddenNormal: 0,
  hiddenCopy: 0,
  filtered: 0,
  lost: 0,
  notLinear: 0,
  notHeader: 0,
  limited: 0,
  hiddenNormalByReason: new Map(),
  hiddenCopyByReason: new Map(),
};

const FACTS: RunFacts = {
  reasonOf: (code) => sites.reason(code),
  startedNs: 1n,
  endedNs: 2n,
  blindSpots: ["inside"],
  bySite: [],
};

const drop = (reasonCode: number, dropClass: DropClass, gsoSegs = 1): DropEvent =>
  dropWith(fullDrop, { ...sites.reason(reasonCode), class: dropClass, gsoSegs });

describe("Tally", () => {
  test("counts what user space limited to what the kernel did", () => {
    const tally = new Tally();
    tally.limit();
    const totals = tally.totals({ ...QUIET, seen: 3, sent: 1, limited: 2 }, 0);
    assert.equal(totals.limited, 3);
    assert.equal(imbalance(totals), 0);
  });

  test("counts shown skbs and the wire segments that they stand for", () => {
    const tally = new Tally();
    tally.show(drop(NO_SOCKET, "refused", 1));
    tally.show(drop(NO_SOCKET, "refused", 44));
    const { shown, shownSegments } = tally.totals({ ...QUIET, seen: 2, sent: 2 }, 3);
    assert.deepEqual([shown, shownSegments, tally.totals(QUIET, 3).missed], [2, 45, 3]);
  });

  test("adds what user space filtered to what the kernel filtered", () => {
    const tally = new Tally();
    tally.filter();
    tally.filter();
    assert.equal(tally.totals({ ...QUIET, filtered: 5 }, 0).filtered, 7);
  });

  test("lists reasons most first, and then by code; one reason in two classes stands twice", () => {
    const tally = new Tally();
    tally.show(drop(TCP_CSUM, "loss"));
    for (let times = 0; times < 2; times += 1) tally.show(drop(NO_SOCKET, "copy"));
    for (let times = 0; times < 3; times += 1) tally.show(drop(QUEUE_PURGE, "normal"));
    tally.show(drop(NO_SOCKET, "refused"));
    const { shownByReason } = tally.summary(QUIET, 0, FACTS);
    const one = [
      {
        reason: "NO_SOCKET",
        reasonCode: NO_SOCKET,
        reasonSubsystem: "CORE",
        reasonInferred: false,
        class: "refused",
        count: 1,
      },
      {
        reason: "TCP_CSUM",
        reasonCode: TCP_CSUM,
        reasonSubsystem: "CORE",
        reasonInferred: false,
        class: "loss",
        count: 1,
      },
    ].sort((a, b) => a.reasonCode - b.reasonCode);
    assert.deepEqual(shownByReason, [
      {
        reason: "QUEUE_PURGE",
        reasonCode: QUEUE_PURGE,
        reasonSubsystem: "CORE",
        reasonInferred: false,
        class: "normal",
        count: 3,
      },
      {
        reason: "NO_SOCKET",
        reasonCode: NO_SOCKET,
        reasonSubsystem: "CORE",
        reasonInferred: false,
        class: "copy",
        count: 2,
      },
      ...one,
    ]);
  });

  test("adds what the kernel hid to what user space hid", () => {
    const tally = new Tally();
    tally.hide(drop(QUEUE_PURGE, "normal"));
    tally.hide(drop(NO_SOCKET, "copy"));
    const kernel = {
      ...QUIET,
      seen: 12,
      sent: 2,
      hiddenNormal: 9,
      hiddenCopy: 1,
      hiddenNormalByReason: new Map([[QUEUE_PURGE, 9]]),
      hiddenCopyByReason: new Map([[NO_SOCKET, 1]]),
    };
    const { totals, hiddenByReason } = tally.summary(kernel, 0, FACTS);
    assert.deepEqual(totals.hidden, { normal: 10, copy: 2 });
    assert.deepEqual(hiddenByReason, [
      {
        reason: "QUEUE_PURGE",
        reasonCode: QUEUE_PURGE,
        reasonSubsystem: "CORE",
        reasonInferred: false,
        class: "normal",
        count: 10,
      },
      {
        reason: "NO_SOCKET",
        reasonCode: NO_SOCKET,
        reasonSubsystem: "CORE",
        reasonInferred: false,
        class: "copy",
        count: 2,
      },
    ]);
    assert.equal(imbalance(totals), 0);
  });

  test("lists a drop that user space hid with the class that hid it, whatever its reason's class is", () => {
    const tally = new Tally();
    tally.hide(drop(TCP_CSUM, "normal"));
    tally.hide(drop(QUEUE_PURGE, "copy"));
    const { hiddenByReason } = tally.summary(QUIET, 0, FACTS);
    assert.deepEqual(
      new Map(hiddenByReason.map(({ reason, class: dropClass }) => [reason, dropClass])),
      new Map([
        ["TCP_CSUM", "normal"],
        ["QUEUE_PURGE", "copy"],
      ]),
    );
  });

  test("where the kernel tells no reasons, inferred ones stand by name, and all others together", () => {
    const without = dropWith(fullDrop, {
      reasonCode: undefined,
      reason: undefined,
      reasonSubsystem: undefined,
    });
    const tally = new Tally();
    for (const reason of ["NETFILTER_DROP", "IP_OUTNOROUTES", "NETFILTER_DROP"])
      tally.show(dropWith(without, { reason, reasonSubsystem: "CORE", reasonInferred: true }));
    tally.show(without);
    tally.hide({ ...without, class: "normal" });
    const { shownByReason, hiddenByReason, blindSpots } = tally.summary(
      { ...QUIET, seen: 5, sent: 5 },
      0,
      FACTS,
    );
    assert.deepEqual(shownByReason, [
      {
        reason: "NETFILTER_DROP",
        reasonCode: undefined,
        reasonSubsystem: "CORE",
        reasonInferred: true,
        class: "loss",
        count: 2,
      },
      {
        reason: "IP_OUTNOROUTES",
        reasonCode: undefined,
        reasonSubsystem: "CORE",
        reasonInferred: true,
        class: "loss",
        count: 1,
      },
      {
        reason: undefined,
        reasonCode: undefined,
        reasonSubsystem: undefined,
        reasonInferred: false,
        class: "loss",
        count: 1,
      },
    ]);
    assert.deepEqual(hiddenByReason, [
      {
        reason: undefined,
        reasonCode: undefined,
        reasonSubsystem: undefined,
        reasonInferred: false,
        class: "normal",
        count: 1,
      },
    ]);
    assert.deepEqual(blindSpots, ["inside"]);
  });

  test("keeps the subsystem of a reason, for its advice", () => {
    const OVS_METER = 0x3_0008;
    const tally = new Tally();
    tally.show(
      dropWith(fullDrop, { reason: "METER", reasonCode: OVS_METER, reasonSubsystem: "OPENVSWITCH" }),
    );
    const [shown] = tally.summary(QUIET, 0, FACTS).shownByReason;
    assert.equal(shown?.reasonSubsystem, "OPENVSWITCH");
    assert.notEqual(
      reasonRow(shown?.reason, shown?.reasonSubsystem).advice,
      reasonRow("no such reason").advice,
    );
  });

  test("lists what the kernel hid beyond its counters without a code: it is nobody's number", () => {
    const kernel = {
      ...QUIET,
      seen: 5,
      hiddenNormal: 5,
      hiddenNormalByReason: new Map([["other", 5]] as const),
    };
    const { hiddenByReason } = new Tally().summary(kernel, 0, FACTS);
    assert.deepEqual(hiddenByReason, [
      {
        reason: undefined,
        reasonCode: undefined,
        reasonSubsystem: undefined,
        reasonInferred: false,
        class: "normal",
        other: true,
        count: 5,
      },
    ]);
  });

  test("says why records and packets were undecodable, and only why they were", () => {
    const tally = new Tally();
    tally.undecodable = 2;
    const { totals, undecodableByKind } = tally.summary({ ...QUIET, seen: 5, notLinear: 3 }, 0, FACTS);
    assert.deepEqual(undecodableByKind, { header_not_linear: 3, record: 2 });
    assert.equal(totals.undecodable, 5);
    assert.deepEqual(new Tally().summary(QUIET, 0, FACTS).undecodableByKind, {});
  });

  test("balances whatever became of each skb, and is off by what was forgotten", () => {
    const fates = [
      "shown",
      "hiddenNormal",
      "hiddenCopy",
      "kernelNormal",
      "kernelCopy",
      "filtered",
      "limited",
      "unread",
      "lost",
      "notLinear",
      "notHeader",
      "record",
    ] as const;
    const property = fc.property(
      fc.array(fc.constantFrom(...fates)),
      fc.nat({ max: 5 }),
      (list, forgotten) => {
        const of = (fate: (typeof fates)[number]): number => list.filter((one) => one === fate).length;
        const tally = new Tally();
        for (const fate of list) {
          if (fate === "shown") tally.show(drop(TCP_CSUM, "loss"));
          if (fate === "hiddenNormal") tally.hide(drop(QUEUE_PURGE, "normal"));
          if (fate === "hiddenCopy") tally.hide(drop(NO_SOCKET, "copy"));
        }
        tally.unread = of("unread");
        tally.undecodable = of("record");
        const kernel: KernelCounters = {
          seen: list.length + forgotten,
          sent: 0,
          hiddenNormal: of("kernelNormal"),
          hiddenCopy: of("kernelCopy"),
          filtered: of("filtered"),
          lost: of("lost"),
          notLinear: of("notLinear"),
          notHeader: of("notHeader"),
          limited: of("limited"),
          hiddenNormalByReason: new Map([[QUEUE_PURGE, of("kernelNormal")]]),
          hiddenCopyByReason: new Map([[NO_SOCKET, of("kernelCopy")]]),
        };
        const { totals, shownByReason, hiddenByReason } = tally.summary(kernel, 0, FACTS);
        assert.equal(imbalance(totals), forgotten);
        const sum = (counts: readonly { count: number }[]): number =>
          counts.reduce((total, { count }) => total + count, 0);
        assert.equal(sum(shownByReason), totals.shown);
        assert.equal(sum(hiddenByReason), totals.hidden.normal + totals.hidden.copy);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });
});
