/** What has to be found out of an event, by what its record says of the socket. */
import { address4Of, address6Of, networkBytes } from "../../filter-language/index.ts";
import type { Event, SocketIdentity } from "../../model/index.ts";

/**
 * - `socket`: a process holds it, or the listener that it is
 * - `request`: a handshake; the inode is the listener's
 * - `queued`: in an accept queue, so that nobody has it yet
 * - `closed`: its process has closed it; TIME_WAIT too
 * - `kernel`: it has no file: TCP's own for RST, or one of a file system in the kernel
 * - `none`: no socket
 * - `forwarded`: on its way through this host
 */
export type SubjectKind = "socket" | "request" | "queued" | "closed" | "kernel" | "none" | "forwarded";

/** The ends as the host sees them. */
export interface Ends {
  readonly local: Uint8Array;
  readonly localPort: number;
  readonly remote: Uint8Array;
  readonly remotePort: number;
  readonly ifindex: number;
}

export interface Subject {
  readonly kind: SubjectKind;
  readonly identity: SocketIdentity;
  /** Inode number of the network namespace. */
  readonly netns: number | undefined;
  /** Absent where the packet has no ports, or nobody needs them. */
  readonly ends: Ends | undefined;
  /** It asks for a connection. */
  readonly isSyn: boolean;
  /** A RST from here: a `refusal` of a segment without ACK, a SYN say, says that no socket was there for it. */
  readonly reset: "refusal" | "other" | undefined;
  /** The drop's. */
  readonly reason: string | undefined;
}

/** Events with the same key have one owner. */
export type SubjectKey = string | number;

export function kindOf(event: Event, identity: SocketIdentity): SubjectKind {
  const { form, inode, isOrphan, hasSocket } = identity;
  if (form === undefined) return event.flow?.direction === "forwarded" ? "forwarded" : "none";
  if (form === "timewait") return "closed";
  if (form === "request") return inode === undefined ? "queued" : "request";
  if (inode !== undefined) return "socket";
  if (isOrphan) return "closed";
  return hasSocket ? "kernel" : "queued";
}

/** Cheap for what has an inode: storms are of one socket. */
export function keyOf(kind: SubjectKind, event: Event, identity: SocketIdentity): SubjectKey {
  if (kind === "socket") return identity.inode ?? 0;
  if (kind === "request") return -(identity.inode ?? 0);
  if (kind === "closed" && identity.skCookie !== undefined) return `closed ${identity.skCookie}`;
  const { flow, device } = event;
  const netns = identity.netnsCookie ?? device?.netns;
  const reason = kind === "none" ? reasonOf(event) : undefined;
  const where = `${kind} ${reason} ${netns} ${device?.ifindex} ${flow?.direction}`;
  const [source, destination] = [`${flow?.saddr} ${flow?.sport}`, `${flow?.daddr} ${flow?.dport}`];
  const local = flow?.direction === "tx" ? source : destination;
  // Only the listener is asked for, and its cgroup and uid are those of the record.
  if (kind === "queued") return `${where} ${local} ${identity.cgroupId} ${identity.uid}`;
  if (kind === "none" && isSyn(event)) return `${where} ${local}`;
  return `${where} ${source} ${destination} ${resetOf(event)}`;
}

export function subjectOf(kind: SubjectKind, event: Event, identity: SocketIdentity): Subject {
  const needsEnds = kind !== "socket" && kind !== "request";
  return {
    kind,
    identity,
    netns: event.device?.netns,
    ends: needsEnds ? endsOf(event) : undefined,
    isSyn: isSyn(event),
    reset: resetOf(event),
    reason: reasonOf(event),
  };
}

function reasonOf({ site }: Event): string | undefined {
  return site?.reason;
}

function isSyn({ packet }: Event): boolean {
  const flags = packet?.flags;
  return flags?.includes("SYN") === true && !flags.includes("ACK") && !flags.includes("RST");
}

/** RFC 9293, 3.10.7.1: a segment without ACK is refused with sequence number 0. */
function resetOf({ packet, flow }: Event): Subject["reset"] {
  if (flow?.direction !== "tx" || packet?.flags?.includes("RST") !== true) return undefined;
  return packet.flags.includes("ACK") && packet.seq === 0 ? "refusal" : "other";
}

function endsOf({ flow, device }: Event): Ends | undefined {
  if (flow?.saddr === undefined || flow.sport === undefined || flow.dport === undefined) return undefined;
  const ifindex = device?.ifindex ?? 0;
  const [source, destination] = [addressBytes(flow.ip, flow.saddr), addressBytes(flow.ip, flow.daddr)];
  return flow.direction === "tx"
    ? { local: source, localPort: flow.sport, remote: destination, remotePort: flow.dport, ifindex: 0 }
    : { local: destination, localPort: flow.dport, remote: source, remotePort: flow.sport, ifindex };
}

function addressBytes(family: 4 | 6, text: string): Uint8Array {
  return family === 4 ? networkBytes(address4Of(text)) : networkBytes(...address6Of(text));
}
