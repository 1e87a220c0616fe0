/** Drops, evidence and reports for tests of rules: through the real Incidents and makeReport. */
import { type DropFacts, dropWith } from "../../test/drop-facts.ts";
import { fullDrop, refused, summary as sampleSummary } from "../../test/golden/sample-events.ts";
import type {
  DropEvent,
  Event,
  FindingNotice,
  Flow,
  RefusedCause,
  Report,
  SummaryNotice,
} from "../model/index.ts";
import { explainDrop, refusedSite } from "../reasons/index.ts";
import type { NetnsEvidence } from "./evidence.ts";
import { Incidents } from "./incidents.ts";
import { makeReport } from "./report.ts";

export const NETNS = 4_026_531_840;
export const STARTED_NS = 1_767_323_040_000_000_000n;
export const ENDED_NS = STARTED_NS + 60_000_000_000n;
const MS = 1_000_000n;

const NO_DEVICE = {
  netns: undefined,
  ifindex: undefined,
  ifname: undefined,
  outIfindex: undefined,
  outIfname: undefined,
  mtu: undefined,
};

export interface Drops extends Partial<DropFacts> {
  readonly reason: string;
  readonly location: string;
  /** How many, 10 ms apart unless `everyMs` says otherwise; each of a client port of its own. */
  readonly count?: number;
  readonly everyMs?: number;
  /** How many clients, each with an address of its own; 1 unless given. */
  readonly clients?: number;
  /** All of one connection. */
  readonly sameConnection?: boolean;
}

/** Received SYNs to 198.51.100.10:443, unless the facts say otherwise. */
export function drops(given: Drops): readonly Event[] {
  const { count = 5, everyMs = 10, clients = 1, sameConnection = false, ...facts } = given;
  return Array.from({ length: count }, (_, at) => {
    const own: Partial<DropFacts> = {
      id: at + 1,
      timeNs: STARTED_NS + BigInt(at * everyMs) * MS + 1_000n * MS,
      saddr: `192.0.2.${1 + (at % clients)}`,
      sport: sameConnection ? 40_000 : 40_000 + at,
      state: undefined,
      flags: ["SYN"],
      payloadLen: 0,
      reasonCode: 1,
      stack: undefined,
      netns: NETNS,
      ...facts,
    };
    return classified(dropWith(fullDrop, own), facts);
  });
}

/**
 * With class, variant, meaning and advice as the tables of reasons have them, unless the facts say otherwise;
 * equal groups are one object, as those of the source are.
 */
function classified(event: DropEvent, facts: Partial<DropFacts>): Event {
  const { site, socket, packet, stack } = event;
  const segment = { ...packet, state: socket?.state, stack };
  const known = explainDrop(site.reason, site.reasonSubsystem, site.location, segment);
  const { id: variant, class: dropClass, meaning, advice } = known;
  const drop = dropWith(event, { variant, class: dropClass, meaning, advice, ...facts });
  return { ...drop, site: shared(drop.site), flow: shared(drop.flow), device: shared(drop.device) };
}

const groups = new Map<string, unknown>();

function shared<G>(group: G): G {
  const key = JSON.stringify(group, (_name, value) => (typeof value === "bigint" ? `${value}n` : value));
  const known = groups.get(key ?? "");
  if (known !== undefined) return known as G;
  groups.set(key ?? "", group);
  return group;
}

/** SYNs that a listening socket refused: each by itself with its client, or counted without. */
export function refusedSyns(
  cause: RefusedCause,
  given: { readonly count: number; readonly clients?: number; readonly port?: number },
): readonly Event[] {
  const { count, clients, port = 443 } = given;
  const one = (at: number, of: number, saddr: string | undefined): Event => ({
    ...refused,
    id: 10_000 + at,
    timeNs: STARTED_NS + BigInt(at) * 10n * MS + 1_000n * MS,
    flow: shared({ ...(refused.flow as Flow), dport: port, saddr, sport: 50_000 + at }),
    site: shared(refusedSite(saddr === undefined ? "listener" : "tcp_conn_request", cause)),
    device: shared({ ...NO_DEVICE, netns: NETNS }),
    detail: { ...refused.detail, sinceNs: STARTED_NS, count: of },
  });
  if (clients === undefined) return [one(0, count, undefined)];
  return Array.from({ length: count }, (_, at) => one(at, 1, `203.0.113.${1 + (at % clients)}`));
}

export function netnsEvidence(known: Partial<NetnsEvidence> = {}): NetnsEvidence {
  return {
    inode: NETNS,
    name: "web",
    enter: ["ip", "netns", "exec", "web"],
    rose: undefined,
    sysctl: undefined,
    listeners: undefined,
    links: undefined,
    conntrack: undefined,
    problems: [],
    ...known,
  };
}

/** What rules ask for: counters of every kernel, and of one with connection tracking. */
const COUNTERS = [
  "TcpPassiveOpens",
  "TcpExtListenOverflows",
  "TcpExtTCPDSACKOldSent",
  "TcpExtTCPToZeroWindowAdv",
  "TcpExtTCPFromZeroWindowAdv",
  "IpOutDiscards",
  "IcmpOutDestUnreachs",
  "conntrack.drop",
  "conntrack.invalid",
  "eth0.rx_errors",
  "eth0.rx_dropped",
] as const;

/** How counters rose, as evidence has them: the others that rules ask for stood still, but for `lacking`. */
export function rose(
  counters: Readonly<Record<string, number>>,
  lacking: readonly string[] = [],
): ReadonlyMap<string, number> {
  const still = COUNTERS.filter((name) => !lacking.includes(name)).map((name) => [name, 0] as const);
  return new Map([...still, ...Object.entries(counters)]);
}

export function reportOf(
  events: readonly Event[],
  netns?: Partial<NetnsEvidence>,
  summary: Partial<SummaryNotice> = {},
): Report {
  const incidents = new Incidents(() => 0);
  for (const event of events) incidents.observe(event);
  const namespaces = netns === undefined ? [] : [netnsEvidence(netns)];
  const whole = { ...quietSummary(), ...summary };
  return makeReport(
    {
      incidents: incidents.list(whole),
      summary: whole,
      netns: (inode) => namespaces.find((one) => one.inode === inode),
    },
    namespaces,
  );
}

/** The finding of a rule; fails with what there is instead. */
export function findingOf(report: Report, rule: string): FindingNotice {
  const found = report.findings.find((finding) => finding.rule === rule);
  if (found === undefined) throw new Error(`no ${rule}, but ${rulesOf(report).join(", ") || "nothing"}`);
  return found;
}

export function rulesOf({ findings }: Report): readonly string[] {
  return findings.map(({ rule }) => rule);
}

/** Of a run in which nothing but the given events came. */
export function quietSummary(): SummaryNotice {
  const totals = { ...sampleSummary.totals, hidden: { normal: 0, copy: 0 }, filtered: 0, lost: 0, unread: 0 };
  return {
    ...sampleSummary,
    startedNs: STARTED_NS,
    endedNs: ENDED_NS,
    totals: { ...totals, undecodable: 0, limited: 0, refusedSyns: undefined },
    bySite: [],
    hiddenByReason: [],
  };
}
