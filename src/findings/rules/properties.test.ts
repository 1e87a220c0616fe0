/** What holds of all rules, and of reports over any drops and evidence. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import {
  CERTAINTIES,
  DIRECTIONS,
  type Event,
  SEVERITIES,
  type SiteCount,
  type SummaryNotice,
  TCP_FLAGS,
  TCP_STATES,
} from "../../model/index.ts";
import { REASONS } from "../../reasons/index.ts";
import type { NetnsEvidence } from "../evidence.ts";
import { drops, quietSummary, refusedSyns, reportOf, STARTED_NS } from "../incidents.test.kit.ts";
import { RULES } from "./index.ts";
import { CASES } from "./rule-cases.test.kit.ts";

/** Names that an attacker may choose: of interfaces and of network namespaces. */
const HOSTILE = [
  "$(touch pwned)",
  "`id`",
  "a;reboot",
  "-rf",
  "x y",
  "'\"",
  "\x1b[2J",
  "a\nb",
  "\u202e",
  "eth0|sh",
];
const ROUNDS = 100;

const FUNCTIONS = [
  "tcp_v4_rcv+0x99",
  "tcp_v6_rcv+0x1",
  "nft_do_chain+0x637 [nf_tables]",
  "nf_hook_slow+0x7d",
  "ip_forward+0x99",
  "cookie_v4_check+0x5",
  "nfqnl_reinject",
  "do_xdp_generic+0x2",
  "0xffffffff81c001e4",
];
const COUNTERS = [
  "TcpExtListenOverflows",
  "TcpPassiveOpens",
  "conntrack.invalid",
  "conntrack.drop",
  "eth0.rx_errors",
  "eth0.rx_dropped",
  "TcpExtTCPToZeroWindowAdv",
  "TcpExtTCPDSACKOldSent",
];

describe("RULES", () => {
  test("have ids of their own, in kebab-case", () => {
    const ids = RULES.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.match(id, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
  });

  test("have signs, what speaks against and refutes them, advice and sources", () => {
    for (const { id, title, signs, against, refute, advice, sources } of RULES) {
      for (const sentence of [signs, against, refute])
        assert.match(sentence, /^[A-Z].*[.)]$/s, `${id}: ${sentence}`);
      assert.match(title, /^[A-Z].*[^.]$/, id);
      assert.ok(advice.length > 0 && sources.length > 0, id);
      for (const { action } of advice) assert.match(action, /^\S.*[^.]$/, id);
    }
  });

  test("name as sources functions with file and release, RFCs and documents", () => {
    for (const { id, sources } of RULES)
      for (const source of sources)
        assert.match(source, /\(Linux \d+\.\d+\)$|^RFC \d+|^Documentation\/|^https:|^docs\/|^Red Hat/, id);
  });

  test("count in the singular where it is one", () => {
    let looked = 0;
    for (const { rule, events, netns, summary } of CASES)
      for (const some of [events, events.slice(0, 1)]) {
        const ones = netns?.rose && new Map([...netns.rose].map(([name, by]) => [name, Math.min(by, 1)]));
        const report = reportOf(some, netns && { ...netns, rose: ones }, summary);
        const said = report.findings.flatMap(({ text, evidence }) => [text, ...evidence]);
        for (const sentence of [report.headline, ...said]) {
          looked += 1;
          assert.doesNotMatch(
            sentence,
            /(?<![\d.])1 (?:more |other )?\w*[a-rt-z]s(?<!was|is|has|does)\b/,
            rule,
          );
          assert.doesNotMatch(sentence, /(?<![\d.])1 [^,.:;()]*? were /, rule);
          assert.doesNotMatch(sentence, /^(?:at |about )/, rule);
        }
      }
    assert.ok(looked > 400, String(looked));
  });

  test("claim a cause only where they are certain", () => {
    for (const { rule, events, netns, summary } of CASES)
      for (const finding of reportOf(events, netns, summary).findings.filter((one) => one.rule === rule))
        if (finding.certainty === "possible")
          assert.match(finding.text, /consistent with/, `${rule}: ${finding.text}`);
  });
});

describe("makeReport", () => {
  test("never throws, and never loses a drop, whatever was dropped and is known", () => {
    const random = randomFrom(7);
    for (let round = 0; round < ROUNDS; round += 1) {
      const events = Array.from({ length: 1 + random(6) }, () => randomDrops(random)).flat();
      const report = reportOf(
        events,
        random(3) === 0 ? undefined : randomEvidence(random),
        random(2) === 0 ? {} : randomTotals(random),
      );
      const loss = events
        .filter((event) => event.class === "loss")
        .reduce((sum, event) => sum + (event.kind === "refused" ? event.detail.count : 1), 0);
      const found = report.findings.reduce((sum, { count }) => sum + count, 0);
      assert.ok(found >= loss, `${found} of ${loss}`);
      for (const { certainty, severity, count } of report.findings) {
        assert.ok(CERTAINTIES.includes(certainty) && SEVERITIES.includes(severity));
        assert.ok(Number.isInteger(count));
      }
    }
  });

  test("names that somebody else chose reach commands only as one quoted word, or not at all", () => {
    for (const { rule, events, summary } of CASES)
      for (const name of HOSTILE) {
        const renamed = events.map(
          (event) => ({ ...event, device: event.device && { ...event.device, ifname: name } }) as Event,
        );
        const enter = ["ip", "netns", "exec", name];
        const links = [{ ifindex: 3, name, mtu: 600, isUp: true, hasCarrier: true }];
        const report = reportOf(renamed, { name, enter, links, rose: new Map() }, summary);
        for (const command of report.findings.flatMap(({ next }) => next)) {
          assert.match(command, /^[\x20-\x7e]+$/, rule);
          const unquoted = command.replace(/'[^']*'|"'"/g, "");
          assert.doesNotMatch(unquoted, /[$`;|&<>"()\n]|\s-rf/, `${rule}: ${command}`);
        }
      }
  });

  test("commands are read back by a shell word by word", () => {
    const events = drops({ reason: "QDISC_DROP", location: "__dev_queue_xmit+0x1", ifname: "a'b $(id)" });
    const [finding] = reportOf(events, { enter: [] }).findings;
    const [command] = finding?.next ?? [];
    const { stdout } = spawnSync("sh", ["-c", `printf '%s\\n' ${command}`], { encoding: "utf8" });
    assert.deepEqual(stdout.trimEnd().split("\n"), ["tc", "-s", "qdisc", "show", "dev", "a'b $(id)"]);
  });
});

type Random = (below: number) => number;

/** A linear congruential generator: the same numbers in every run. */
function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function pick<T>(random: Random, values: readonly T[]): T {
  const value = values[random(values.length)];
  assert.ok(values.length > 0);
  return value as T;
}

function randomDrops(random: Random): readonly Event[] {
  if (random(5) === 0)
    return refusedSyns(pick(random, ["ACCEPT_QUEUE_FULL", "SYN_QUEUE_FULL", "LISTEN_DROP"]), {
      count: 1 + random(50),
      ...(random(2) === 0 ? { clients: 1 + random(40) } : {}),
    });
  const flags = TCP_FLAGS.filter(() => random(3) === 0);
  const { name: reason, subsystem: reasonSubsystem } = pick(
    random,
    REASONS.filter(({ subsystem }) => subsystem !== "LISTEN"),
  );
  return drops({
    reason,
    reasonSubsystem,
    location: pick(random, FUNCTIONS),
    count: 1 + random(30),
    clients: 1 + random(5),
    everyMs: random(1000),
    sameConnection: random(2) === 0,
    flags: random(10) === 0 ? undefined : flags,
    payloadLen: random(3) * 700,
    state: pick(random, TCP_STATES),
    direction: pick(random, DIRECTIONS),
    dport: random(4) === 0 ? undefined : random(65_536),
    netns: random(5) === 0 ? undefined : pick(random, [4_026_531_840, 4_026_532_999]),
    ifname: random(3) === 0 ? undefined : pick(random, ["eth0", ...HOSTILE]),
    reasonInferred: random(4) === 0,
    tunnel: random(5) === 0,
  });
}

/** Sites of which the kernel's totals alone know. */
function randomTotals(random: Random): Partial<SummaryNotice> {
  const bySite = Array.from({ length: random(5) }, (): SiteCount => {
    const { name: reason, subsystem: reasonSubsystem, class: dropClass } = pick(random, REASONS);
    const location = random(4) === 0 ? undefined : pick(random, FUNCTIONS);
    return {
      ...{ reason, reasonSubsystem, class: dropClass, location },
      reasonCode: random(99),
      reasonInferred: random(2) === 0,
      ip: 4,
      count: 1 + random(1000),
      perSecond: 1,
      lastNs: STARTED_NS,
      advice: "",
    };
  });
  return { bySite, totals: { ...quietSummary().totals, lost: random(2000) } };
}

function randomEvidence(random: Random): Partial<NetnsEvidence> {
  const some = <T>(value: T): T | undefined => (random(2) === 0 ? value : undefined);
  const takesIpv4 = random(2) === 0;
  const listener = { address: "0.0.0.0", port: 443, takesIpv4, acceptQueue: random(9), backlog: random(9) };
  return {
    enter: some(["ip", "netns", "exec", pick(random, HOSTILE)]),
    rose: some(new Map(COUNTERS.map((name) => [name, random(100) - 20]))),
    sysctl: some(new Map([["net/ipv4/conf/all/rp_filter", pick(random, ["0", "1", "2", "", "x"])]])),
    listeners: some([listener]),
    links: some([
      { ifindex: 2, name: pick(random, HOSTILE), mtu: random(9000), isUp: true, hasCarrier: false },
    ]),
    conntrack: some({ count: random(10), max: random(10) }),
  };
}
