/** Findings of a report: amounts, times, order, and what people may paste. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Event, FindingNotice } from "../model/index.ts";
import {
  drops,
  ENDED_NS,
  findingOf,
  NETNS,
  quietSummary,
  refusedSyns,
  reportOf,
  rulesOf,
  STARTED_NS,
} from "./incidents.test.kit.ts";

const SYN = { reason: "NO_SOCKET", location: "tcp_v4_rcv+0x99" };
const NS = 1_000_000_000n;

describe("makeReport", () => {
  test("says how many, of whom, since when, and where", () => {
    const finding = findingOf(
      reportOf(drops({ ...SYN, count: 40, clients: 4, everyMs: 100 }), {}),
      "service-down",
    );
    assert.deepEqual(
      [finding.count, finding.countAtLeast, finding.connections, finding.peers],
      [40, false, 40, 4],
    );
    assert.equal(finding.distinctAtLeast, false);
    assert.equal(finding.firstNs, STARTED_NS + NS);
    assert.equal(finding.lastNs, STARTED_NS + 4_900_000_000n);
    assert.deepEqual([finding.perSecond, finding.peakPerSecond, finding.ongoing], [0, 10, false]);
    assert.deepEqual([finding.netns, finding.netnsName], [NETNS, "web"]);
    assert.equal(finding.example, "192.0.2.1:40000 > 198.51.100.10:443 - (SYN) NO_SOCKET at tcp_v4_rcv+0x99");
    assert.equal(finding.exampleId, 1);
    assert.equal(finding.timeNs, ENDED_NS);
  });

  test("what comes until the end goes on; its rate is that of the last five seconds", () => {
    const finding = findingOf(reportOf(drops({ ...SYN, count: 590, everyMs: 100 })), "service-down");
    assert.equal(finding.ongoing, true);
    const { perSecond } = finding;
    assert.ok(perSecond !== undefined && perSecond >= 9 && perSecond <= 11, String(perSecond));
  });

  test("has no rate of a sample: what was looked at is a part", () => {
    const events = drops({ ...SYN, count: 590, everyMs: 100 });
    const { totals } = quietSummary();
    const site = { ...SYN, ip: 4, reasonSubsystem: undefined, reasonCode: 1, reasonInferred: false } as const;
    const counted = {
      ...site,
      class: "refused",
      count: 59_000,
      perSecond: 990,
      lastNs: ENDED_NS,
      advice: "",
    } as const;
    const sampled = { bySite: [counted], totals: { ...totals, seen: 59_000, limited: 58_410 } };
    const finding = findingOf(reportOf(events, {}, { ...sampled, filterRest: undefined }), "service-down");
    assert.deepEqual(
      [finding.countAtLeast, finding.perSecond, finding.peakPerSecond, finding.ongoing],
      [true, undefined, undefined, true],
    );
  });

  test("has no rate of SYNs that were only counted, over seconds, and says where the number is an upper bound", () => {
    const seconds = (since: bigint, atMost: boolean): FindingNotice => {
      const events = refusedSyns("ACCEPT_QUEUE_FULL", { count: 500 }).map(
        (event) =>
          ({ ...event, detail: { ...event.detail, sinceNs: event.timeNs - since, atMost } }) as Event,
      );
      return findingOf(reportOf(events), "accept-queue-slow-app");
    };
    const one = seconds(NS, false);
    assert.deepEqual([one.perSecond, one.peakPerSecond, one.countAtMost], [0, 500, false]);
    const many = seconds(7n * NS, false);
    assert.deepEqual([many.perSecond, many.peakPerSecond, many.countAtMost], [undefined, undefined, false]);
    const bound = seconds(NS, true);
    assert.deepEqual([bound.count, bound.peakPerSecond, bound.countAtMost], [500, undefined, true]);
    assert.match(bound.text, /was full: at most 500 SYNs were dropped/);
  });

  test("what comes once in ten seconds goes on as long as it keeps its pace", () => {
    const slow = (count: number): boolean =>
      findingOf(reportOf(drops({ ...SYN, count, everyMs: 10_000 })), "service-down").ongoing;
    assert.equal(slow(6), true, "the last one came 9 s before the end");
    assert.equal(slow(3), false, "the last one came 39 s before the end");
  });

  test("two drops do not show that anything goes on", () => {
    const late = drops({ ...SYN, count: 2, everyMs: 500 }).map((event) => ({ ...event, timeNs: ENDED_NS }));
    assert.equal(findingOf(reportOf(late), "service-down").ongoing, false);
  });

  test("puts the worst first: severity, then what goes on, then certainty, then number", () => {
    const events = [
      ...drops({ reason: "TCP_OFOMERGE", location: "tcp_data_queue_ofo+0x1", count: 900 }),
      ...drops({ reason: "QDISC_DROP", location: "__dev_queue_xmit+0x1", count: 500 }),
      ...drops({ reason: "IP_OUTNOROUTES", location: "__ip_queue_xmit+0x1", direction: "tx", count: 4 }),
      ...drops({ ...SYN, count: 59, everyMs: 1000 }),
    ];
    assert.deepEqual(rulesOf(reportOf(events)), ["service-down", "no-route", "qdisc-short", "duplicates"]);
  });

  test("names at most three services", () => {
    const events = [80, 81, 82, 83, 84].flatMap((dport) =>
      drops({ reason: "QDISC_DROP", location: "__dev_queue_xmit+0x1", dport, count: 90 - dport }),
    );
    assert.match(
      findingOf(reportOf(events), "qdisc-short").service ?? "",
      /^198\.51\.100\.10:80, .*, 2 more$/,
    );
  });

  test("fills the example's own values into advice, quoted", () => {
    const { advice } = findingOf(
      reportOf(drops({ reason: "IP_RPFILTER", location: "ip_rcv_finish_core+0x1", ifname: "a b" })),
      "asymmetric-route",
    );
    assert.match(advice[0]?.action ?? "", /route back to 192\.0\.2\.1, so that it leaves by 'a b'/);
  });

  describe("does not say that nothing is wrong while refused drops are in no finding:", () => {
    const totals = { ...quietSummary().totals, seen: 170 };
    const syn = (dport: number, saddr: string) => drops({ ...SYN, count: 1, dport, saddr });
    const scan = Array.from({ length: 64 }, (_, at) => syn(20 + at, "192.0.2.1")).flat();
    const beyond = Array.from({ length: 106 }, (_, at) => syn(1000 + at, `192.0.2.${2 + at}`)).flat();

    test("services behind those that a scan took", () => {
      const { headline, findings } = reportOf([...scan, ...beyond], {}, { totals });
      assert.deepEqual(
        findings.map(({ rule, severity }) => [rule, severity]),
        [["port-scan", "info"]],
      );
      assert.equal(
        headline,
        "Nothing wrong was found in 60.0 s, but 106 refused drops (NO_SOCKET) are in no finding.",
      );
    });

    test("beside what is wrong", () => {
      const down = drops({ ...SYN, count: 50, dport: 8443, saddr: "192.0.2.9" });
      const { headline } = reportOf([...down, ...scan, ...beyond], {}, { totals });
      assert.match(
        headline,
        /^Nobody listens on 198\.51\.100\.10:8443: .* 107 refused drops \(NO_SOCKET\) are/,
      );
    });

    test("a single RST that came late", () => {
      const late = { reason: "TCP_RESET", location: "tcp_validate_incoming+0x10", flags: ["RST"] } as const;
      const { headline } = reportOf(drops({ ...late, count: 1 }), {}, { totals });
      assert.match(headline, /but 1 refused drop \(TCP_RESET\) is in no finding\.$/);
    });
  });

  test("concludes nothing of nothing", () => {
    const { headline, findings } = reportOf([], undefined, {});
    assert.deepEqual(findings, []);
    assert.match(headline, /^(Nothing|No) /);
  });
});

test("makeReport says of a command where it belongs, where nothing is known of the namespace", () => {
  const events = drops({ reason: "QDISC_DROP", location: "__dev_queue_xmit+0x1", ifname: "eth0" });
  const [finding] = reportOf(events).findings;
  assert.equal(finding?.next[0], `tc -s qdisc show dev eth0 # in network namespace: ${NETNS}`);
});
