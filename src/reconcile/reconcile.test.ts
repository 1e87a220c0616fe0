import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { NetCounters } from "../host/net-counters.ts";
import type { CounterRule } from "../reasons/index.ts";
import { counted } from "./counted.test.kit.ts";
import { type EventCount, EventCounts } from "./event-counts.ts";
import { type ReconcileRow, reconcile } from "./reconcile.ts";

const counters = (values: Readonly<Record<string, number>>): NetCounters =>
  new Map(Object.entries(values).map(([name, value]) => [name, BigInt(value)]));
/** Rises from 100. */
const rises = (
  values: Readonly<Record<string, number>>,
  events: readonly EventCount[],
  kernelReasons?: ReadonlySet<string>,
) => {
  const before = counters(Object.fromEntries(Object.keys(values).map((name) => [name, 100])));
  return reconcile({
    before,
    after: counters(Object.fromEntries(Object.entries(values).map(([name, by]) => [name, 100 + by]))),
    events,
    kernelReasons,
  });
};
const row = ({ rows }: { rows: readonly ReconcileRow[] }, counter: string): ReconcileRow =>
  rows.find((one) => one.counter === counter) ?? assert.fail(`no row ${counter}: ${JSON.stringify(rows)}`);

describe("reconcile", () => {
  test("explains a rise completely, by several reasons, most first", () => {
    const events = counted({ reason: "PKT_TOO_SMALL" }, {}, {});
    assert.deepEqual(row(rises({ TcpInErrs: 3 }, events), "TcpInErrs"), {
      counter: "TcpInErrs",
      unit: "skbs",
      rise: 3,
      explained: 3,
      explainedBy: [
        { source: "kfree_skb", reason: "TCP_CSUM", count: 2, of: 2 },
        { source: "kfree_skb", reason: "PKT_TOO_SMALL", count: 1, of: 1 },
      ],
      difference: 0,
      uncertain: 0,
      why: undefined,
    });
  });

  test("counts drops just at a reading as explained, of the rule's own kind and no other", () => {
    const before = counters({ TcpInErrs: 100 });
    const after = counters({ TcpInErrs: 101 });
    const events = counted({}, {});
    const of = (more: object): ReconcileRow =>
      row(reconcile({ before, after, events, ...more }), "TcpInErrs");
    const near = of({ uncertain: counted({}) });
    assert.deepEqual([near.difference, near.uncertain, near.why], [-1, 1, undefined]);
    const other = of({ uncertain: counted({ reason: "IP_RPFILTER" }) });
    assert.deepEqual([other.difference, other.uncertain], [-1, 0]);
    assert.match(other.why ?? "", /^More was dropped than the kernel counted: this rule is wrong/);
    assert.equal(of({ uncertainOther: 1 }).why, undefined, "of unknown reason");
  });

  test("shows a rise that no drop explains, and why it may differ", () => {
    const { difference, explained, why } = row(
      rises({ TcpExtIPReversePathFilter: 2 }, counted({ reason: "IP_RPFILTER" })),
      "TcpExtIPReversePathFilter",
    );
    assert.deepEqual([explained, difference], [1, 1]);
    assert.match(why ?? "", /other protocols/);
  });

  test("shows drops that the kernel did not count as a negative difference", () => {
    const { difference, why } = row(rises({ TcpInErrs: 0 }, counted({}, {})), "TcpInErrs");
    assert.equal(difference, -2);
    assert.match(why ?? "", /^More was dropped/);
  });

  test("uses drops that may raise a counter only for what is left of the rise", () => {
    const { explained, explainedBy, difference } = row(
      rises({ TcpExtTCPChallengeACK: 2 }, counted(...Array(5).fill({ reason: "TCP_RESET" }))),
      "TcpExtTCPChallengeACK",
    );
    assert.deepEqual(
      [explained, difference, explainedBy],
      [2, 0, [{ source: "kfree_skb", reason: "TCP_RESET", count: 2, of: 5 }]],
    );
  });

  test("leaves out counters that did not rise or are missing, and drops that nothing counts", () => {
    const { rows, uncounted } = rises(
      { TcpInErrs: 0, TcpInSegs: 7 },
      counted({ reason: "NETFILTER_DROP" }, { reason: "TCP_INVALID_SEQUENCE" }),
    );
    assert.deepEqual(rows, []);
    assert.deepEqual(
      uncounted.map(({ reason, count }) => [reason, count]),
      [
        ["NETFILTER_DROP", 1],
        ["TCP_INVALID_SEQUENCE", 1],
      ],
    );
  });

  test("counts a drop of two counters in both, and not as uncounted", () => {
    const result = rises({ IpInHdrErrors: 1, IpExtInCsumErrors: 1 }, counted({ reason: "IP_CSUM" }));
    assert.deepEqual([result.rows.map(({ difference }) => difference), result.uncounted], [[0, 0], []]);
  });

  test("explains IpOutDiscards by RSTs that the output hook dropped, and names ICMP for the rest", () => {
    const rst = counted({ reason: "NETFILTER_DROP", direction: "tx", flags: ["RST", "ACK"] });
    const data = counted({ reason: "NETFILTER_DROP", direction: "tx", flags: ["PSH", "ACK"] });
    const of = (events: readonly EventCount[]) => row(rises({ IpOutDiscards: 1 }, events), "IpOutDiscards");
    assert.deepEqual([of(rst).explained, of(rst).why], [1, undefined]);
    assert.equal(of(data).explained, 0);
    assert.match(of(data).why ?? "", /ICMP.*output hook/);
  });

  test("adds up counters that share a reason", () => {
    const result = rises(
      { TcpExtTCPRcvQDrop: 1, TcpExtTCPOFODrop: 2 },
      counted(...Array(3).fill({ reason: "PROTO_MEM" })),
    );
    assert.equal(row(result, "TcpExtTCPRcvQDrop + TcpExtTCPOFODrop").difference, 0);
  });

  test("counts segments if the counter does", () => {
    const events = counted({
      reason: "IP_OUTNOROUTES",
      direction: "tx",
      gsoSegs: 4,
      location: "__ip_queue_xmit+0x1",
    });
    const { unit, explained, difference } = row(
      rises({ TcpExtTCPRetransFail: 3 }, events),
      "TcpExtTCPRetransFail",
    );
    assert.deepEqual([unit, explained, difference], ["segments", 3, 0]);
  });

  test("keeps devices apart, and matches a drop without a device to any", () => {
    const backlog = { reason: "CPU_BACKLOG", location: "enqueue_to_backlog+0x1" };
    const known = rises(
      { "a.rx_dropped": 1, "b.rx_dropped": 0, "softnet.dropped": 1 },
      counted({ ...backlog, ifname: "a" }),
    );
    assert.deepEqual(
      known.rows.map(({ counter, difference }) => [counter, difference]),
      [
        ["softnet.dropped", 0],
        ["a.rx_dropped", 0],
      ],
    );
    assert.equal(
      row(rises({ "b.rx_dropped": 1 }, counted({ ...backlog, ifname: undefined })), "b.rx_dropped")
        .difference,
      0,
    );
  });

  test("says that a counter fell, or appeared", () => {
    const events = counted({ reason: "CPU_BACKLOG", ifname: "a" });
    const fell = reconcile({
      before: counters({ "a.rx_dropped": 9 }),
      after: counters({ "a.rx_dropped": 1 }),
      events,
    });
    const { rise, difference, why } = row(fell, "a.rx_dropped");
    assert.deepEqual([rise, difference], [undefined, undefined]);
    assert.match(why ?? "", /fell/);
    const came = reconcile({ before: new Map(), after: counters({ "a.rx_dropped": 3 }), events });
    assert.match(row(came, "a.rx_dropped").why ?? "", /appeared during the run/);
  });

  test("treats an undecided event as one that may, and explains by it only what rose", () => {
    const withoutEvent = new EventCounts();
    withoutEvent.addWithoutEvent({ reason: "IP_INHDR", subsystem: "CORE", at: undefined }, 5);
    assert.equal(row(rises({ IpInHdrErrors: 2 }, withoutEvent.list), "IpInHdrErrors").difference, 0);
    assert.deepEqual(rises({ IpInHdrErrors: 0 }, withoutEvent.list).rows, []);
    const withoutSymbols = counted({ reason: "PKT_TOO_SMALL", location: "0xffffffff81234567" });
    assert.equal(row(rises({ TcpInErrs: 1 }, withoutSymbols), "TcpInErrs").explained, 1);
    assert.deepEqual(rises({ TcpInErrs: 0 }, withoutSymbols).rows, []);
  });

  test("applies a rule for older kernels if the kernel lacks the reason", () => {
    const lastAck = counted({ reason: "NOT_SPECIFIED", state: "LISTEN", flags: ["ACK"] });
    assert.equal(
      row(rises({ TcpExtListenDrops: 1 }, lastAck, new Set(["NOT_SPECIFIED"])), "TcpExtListenDrops")
        .difference,
      0,
    );
    assert.equal(
      row(rises({ TcpExtListenDrops: 1 }, lastAck, new Set(["TCP_LISTEN_OVERFLOW"])), "TcpExtListenDrops")
        .difference,
      1,
    );
  });

  test("explains refused SYNs by the listener's counts", () => {
    const counts = new EventCounts();
    counts.addRefused({ cause: "ACCEPT_QUEUE_FULL", count: 4 });
    counts.addRefused({ cause: "SYN_QUEUE_FULL", count: 1 });
    counts.addRefused({ cause: "LISTEN_DROP", count: 1 });
    const result = rises(
      { TcpExtListenDrops: 6, TcpExtListenOverflows: 4, TcpExtTCPReqQFullDrop: 1 },
      counts.list,
    );
    assert.deepEqual(
      result.rows.map(({ counter, explained, difference }) => [counter, explained, difference]),
      [
        ["TcpExtListenDrops", 6, 0],
        ["TcpExtListenOverflows", 4, 0],
        ["TcpExtTCPReqQFullDrop", 1, 0],
      ],
    );
  });

  test("holds for any events and rises", () => {
    const rule = fc.record({
      unit: fc.constantFrom("skbs" as const, "segments" as const),
      always: fc.array(fc.record({ reasons: fc.subarray(["A", "B", "C"]) }), { maxLength: 2 }),
      sometimes: fc.array(fc.record({ reasons: fc.subarray(["B", "C", "D"]) }), { maxLength: 2 }),
    });
    const event = fc.record({
      reason: fc.constantFrom("A", "B", "C", "D", "E"),
      gsoSegs: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 4 }),
        fc.array(event, { maxLength: 12 }),
        fc.array(fc.nat({ max: 20 }), { minLength: 4, maxLength: 4 }),
        (list, events, by) => {
          const rules = list.map(
            (one, index): CounterRule => ({
              ...one,
              counters: [`C${index}`],
              mayDiffer: "words",
              kernelSource: "x.c (v1.1)",
            }),
          );
          const after = counters(
            Object.fromEntries(rules.map((_rule, index) => [`C${index}`, by[index] ?? 0])),
          );
          const before = counters(Object.fromEntries(rules.map((_rule, index) => [`C${index}`, 0])));
          const { rows, uncounted } = reconcile({ before, after, events: counted(...events) }, rules);
          for (const { rise, explained, explainedBy, difference, why } of rows) {
            assert.equal(difference, (rise ?? 0) - explained);
            assert.equal(why === undefined, difference === 0);
            assert.equal(
              explainedBy.reduce((total, { count }) => total + count, 0),
              explained,
            );
            for (const { count, of } of explainedBy) assert.ok(count > 0 && count <= of);
            // Drops that may raise a counter never explain more than its rise.
            if (difference !== undefined && difference < 0)
              assert.ok(explainedBy.every(({ count, of }) => count === of));
          }
          const never = events.filter(
            ({ reason }) =>
              !rules.some(({ always, sometimes }) =>
                [...always, ...sometimes].some(({ reasons }) => reasons?.includes(reason)),
              ),
          );
          assert.ok(uncounted.reduce((total, { count }) => total + count, 0) >= never.length);
          assert.ok(uncounted.reduce((total, { count }) => total + count, 0) <= events.length);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
