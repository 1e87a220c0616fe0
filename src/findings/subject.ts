/** Incidents that are one finding, added up. */
import type { Direction, Event, OwnerCount } from "../model/index.ts";
import { endpointText, type Incident, type SegmentCounts } from "./incident.ts";
import { addOwners } from "./owner-tally.ts";

export interface Subject {
  /** Most drops first; at least one. */
  readonly incidents: readonly Incident[];
  readonly count: number;
  readonly isAtLeast: boolean;
  /** The number is an upper bound; with `isAtLeast` it may be off either way. */
  readonly isAtMost: boolean;
  readonly firstNs: bigint | undefined;
  readonly lastNs: bigint | undefined;
  /** Undefined where not every drop came by itself, or several incidents peaked too long ago to be added up. */
  readonly peakPerSecond: number | undefined;
  /** Whether `bySecond` has every drop of its seconds, in that second. */
  readonly hasSeconds: boolean;
  /** Drops by second, the last ones. */
  readonly bySecond: ReadonlyMap<number, number>;
  readonly peers: readonly string[];
  readonly connections: number;
  readonly isDistinctCut: boolean;
  readonly segments: SegmentCounts;
  /** Whose they were, most first; empty where owners were not looked for. */
  readonly owners: readonly OwnerCount[];
  readonly states: ReadonlyMap<string, number>;
  /** "192.0.2.2:80", most drops first. */
  readonly services: readonly string[];
  readonly netns: number | undefined;
  readonly direction: Direction;
  /** Names of devices, most drops first. */
  readonly ifnames: readonly string[];
  /** Of the first device, also where its name is not known. */
  readonly ifindex: number | undefined;
  readonly example: Event | undefined;
}

export function subjectOf(incidents: readonly Incident[]): Subject {
  const sorted = [...incidents].sort((a, b) => b.count - a.count);
  const [first] = sorted;
  const connections = sorted.map((one) => one.connections);
  return {
    incidents: sorted,
    count: sum(sorted.map(({ count }) => count)),
    isAtLeast: sorted.some(({ isAtLeast }) => isAtLeast),
    isAtMost: sorted.some(({ isAtMost }) => isAtMost),
    firstNs: least(sorted.flatMap(({ firstNs }) => firstNs ?? [])),
    lastNs: greatest(sorted.flatMap(({ lastNs }) => lastNs ?? [])),
    ...rates(sorted),
    peers: distinct(sorted.flatMap(({ peers }) => [...peers.values()])),
    connections: countConnections(sorted),
    isDistinctCut: [...connections, ...sorted.map(({ peers }) => peers)].some(({ isCut }) => isCut),
    segments: addSegments(sorted),
    owners: addOwners(sorted.map(({ owners }) => owners)),
    states: addStates(sorted),
    services: servicesOf(sorted),
    netns: first?.netns,
    direction: first?.direction ?? "unknown",
    ifnames: distinct(sorted.flatMap(({ ifname }) => ifname ?? [])),
    ifindex: firstOf(sorted.map(({ ifindex }) => ifindex)),
    example: sorted.find(({ example }) => example !== undefined)?.example,
  };
}

/** A listener's any address says less than the address that its clients use. */
function servicesOf(incidents: readonly Incident[]): readonly string[] {
  const services = incidents.flatMap(({ service }) => service ?? []);
  const used = new Set(services.filter(({ address }) => !isAny(address)).map(({ port }) => port));
  return distinct(
    services.filter(({ address, port }) => !(isAny(address) && used.has(port))).map(endpointText),
  );
}

function isAny(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** One connection may lose segments at several sites. */
function countConnections(incidents: readonly Incident[]): number {
  const seen = new Set<string>();
  for (const { connections, service } of incidents) {
    const end = service === undefined ? "" : endpointText(service);
    for (const client of connections.values()) seen.add(`${client} ${end}`);
  }
  return seen.size;
}

/** Incidents peak at different times: of several together the peak is known where all of their seconds are. */
function rates(incidents: readonly Incident[]): Pick<Subject, "bySecond" | "hasSeconds" | "peakPerSecond"> {
  const bySecond = new Map<number, number>();
  for (const incident of incidents)
    for (const [second, count] of incident.bySecond)
      bySecond.set(second, (bySecond.get(second) ?? 0) + count);
  const hasSeconds = incidents.every((one) => one.hasSeconds && !one.isAtLeast && !one.isAtMost);
  const [first, ...others] = incidents;
  const isAlone = first !== undefined && others.length === 0;
  const peak = isAlone
    ? first.peakPerSecond
    : hasAll(incidents)
      ? Math.max(0, ...bySecond.values())
      : undefined;
  return { bySecond, hasSeconds, peakPerSecond: hasSeconds ? peak : undefined };
}

/** Whether all of their seconds were kept. */
function hasAll(incidents: readonly Incident[]): boolean {
  return incidents.every((one) => sum(one.bySecond.map(([, count]) => count)) === one.count);
}

function addSegments(incidents: readonly Incident[]): SegmentCounts {
  const add = (key: keyof SegmentCounts): number => sum(incidents.map(({ segments }) => segments[key]));
  return {
    syn: add("syn"),
    synAck: add("synAck"),
    rst: add("rst"),
    fin: add("fin"),
    payload: add("payload"),
    bareAck: add("bareAck"),
    senseless: add("senseless"),
  };
}

function addStates(incidents: readonly Incident[]): ReadonlyMap<string, number> {
  const states = new Map<string, number>();
  for (const incident of incidents)
    for (const [state, count] of incident.states) states.set(state, (states.get(state) ?? 0) + count);
  return states;
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function least(values: readonly bigint[]): bigint | undefined {
  return values.reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined);
}

function greatest(values: readonly bigint[]): bigint | undefined {
  return values.reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined);
}

/** The same, with the devices by which the segments were to leave, as far as they are known. */
export function atEgress(subject: Subject): Subject {
  const { incidents } = subject;
  return {
    ...subject,
    ifnames: distinct(incidents.flatMap(({ outIfname, ifname }) => outIfname ?? ifname ?? [])),
    ifindex: firstOf(incidents.map(({ outIfindex, ifindex }) => outIfindex ?? ifindex)),
  };
}

function firstOf(indexes: readonly (number | undefined)[]): number | undefined {
  return indexes.find((index) => index !== undefined);
}
