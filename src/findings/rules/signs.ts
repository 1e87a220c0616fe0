/** What rules ask of incidents: reason, variant, function, state and flags. */
import { CERTAINTIES, type Certainty } from "../../model/index.ts";
import type { Incident, SegmentCounts } from "../incident.ts";
import type { Subject } from "../subject.ts";

/** The functions that look up the socket of a received segment. */
export const TCP_RCV = ["tcp_v4_rcv", "tcp_v6_rcv"] as const;

/** A reason of the kernel's core, given by it or inferred from the location. */
export function isReason({ kind, reason, reasonSubsystem }: Incident, ...names: readonly string[]): boolean {
  const isCore = reasonSubsystem === undefined || reasonSubsystem === "CORE" || reasonSubsystem === "NONE";
  return kind === "drop" && isCore && reason !== undefined && names.includes(reason);
}

/** A segment that came for a port or connection of this host that no socket has. */
export function findsNobody(incident: Incident): boolean {
  return isReason(incident, "NO_SOCKET") && isIn(incident, ...TCP_RCV) && incident.direction !== "tx";
}

/** Only counted: a rule that needs single drops matches it too, and is listed as not evaluated. */
export function isUnread({ example }: Incident): boolean {
  return example === undefined;
}

/** A cause of refused SYNs. */
export function isRefused({ kind, reason }: Incident, ...causes: readonly string[]): boolean {
  return kind === "refused" && reason !== undefined && causes.includes(reason);
}

/** Dropped in one of these functions; suffixes of the compiler do not count. */
export function isIn({ function: where }: Incident, ...functions: readonly string[]): boolean {
  return where !== undefined && functions.includes(where.split(".")[0] ?? "");
}

/** Of one of these variants; one that ends in "*" stands for all that begin so. */
export function isVariant({ variant }: Incident, ...ids: readonly string[]): boolean {
  if (variant === undefined) return false;
  return ids.some((id) => (id.endsWith("*") ? variant.startsWith(id.slice(0, -1)) : variant === id));
}

/** Every drop whose state is known had this one, and at least one did. */
export function isAllIn({ states }: Incident, state: string): boolean {
  return states.size === 1 && states.has(state);
}

/** Every drop was such a segment. */
export function isAll({ count, segments }: Incident, what: keyof SegmentCounts): boolean {
  return count > 0 && segments[what] === count;
}

/** In the middle of connections: no SYN and no SYN-ACK. */
export function isMidStream({ kind, count, segments }: Incident): boolean {
  const { syn, synAck, rst, fin, payload, bareAck } = segments;
  return kind === "drop" && count > 0 && syn + synAck === 0 && rst + fin + payload + bareAck > 0;
}

/** One step lower where a reason follows from the location: the kernel gives none. */
export function certaintyFor({ incidents }: Subject, certainty: Certainty): Certainty {
  return incidents.some(({ reasonInferred }) => reasonInferred) ? lower(certainty) : certainty;
}

/** The next one: certain, likely, possible. */
function lower(certainty: Certainty): Certainty {
  return CERTAINTIES[CERTAINTIES.indexOf(certainty) + 1] ?? "possible";
}

/** The port of the services; undefined where there are several or none. */
export function portOf({ incidents }: Subject): number | undefined {
  const ports = new Set(incidents.map(({ service }) => service?.port));
  const [port] = ports;
  return ports.size === 1 ? port : undefined;
}

/** Of the services, sorted. */
export function portsOf(incidents: readonly Incident[]): readonly number[] {
  const ports = new Set(incidents.flatMap(({ service }) => service?.port ?? []));
  return [...ports].sort((a, b) => a - b);
}

/** Reasons of a subject, most drops first. */
export function reasonsOf({ incidents }: Subject): readonly string[] {
  return [...new Set(incidents.flatMap(({ reason }) => reason ?? []))];
}
