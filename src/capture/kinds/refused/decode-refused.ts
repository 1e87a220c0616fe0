/** Records of refused SYNs: numbers and text. */

import { formatIpv4, formatIpv6 } from "../../../bytes/format-address.ts";
import { DecodeError } from "../../../errors.ts";
import { REFUSED_CAUSES, type RefusedCause } from "../../../model/index.ts";
import { refusedRecord } from "./refused-record.ts";

/** One SYN that a listener refused. */
export interface RefusedSyn {
  /** CLOCK_BOOTTIME. */
  readonly ktimeNs: bigint;
  readonly cause: RefusedCause;
  readonly ip: 4 | 6;
  readonly saddr: string;
  readonly daddr: string;
  readonly sport: number;
  readonly dport: number;
  readonly netns: number;
  readonly acceptQueue: number;
  readonly acceptQueueLimit: number;
  /** Absent where the listener has none yet. */
  readonly skCookie: bigint | undefined;
}

/** A DecodeError where the bytes are no such record. */
export function decodeRefused(bytes: Uint8Array, at: number, length: number): RefusedSyn {
  const { name, size, fields } = refusedRecord;
  if (length !== size) throw new DecodeError(name, at, `${length} bytes instead of ${size}`);
  const record = refusedRecord.decode(bytes, at);
  const ip = record.ipVersion === 4 || record.ipVersion === 6 ? record.ipVersion : undefined;
  if (ip === undefined)
    throw new DecodeError(name, at + fields.ipVersion.offset, `IP version ${record.ipVersion}`);
  const cause = REFUSED_CAUSES[record.cause];
  if (cause === undefined) throw new DecodeError(name, at + fields.cause.offset, `cause ${record.cause}`);
  const format = ip === 4 ? formatIpv4 : formatIpv6;
  const port = (offset: number): number => ((bytes[at + offset] ?? 0) << 8) | (bytes[at + offset + 1] ?? 0);
  return {
    ktimeNs: record.ktimeNs,
    cause,
    ip,
    saddr: format(bytes, at + fields.saddr.offset),
    daddr: format(bytes, at + fields.daddr.offset),
    sport: port(fields.sport.offset),
    dport: port(fields.dport.offset),
    netns: record.netnsInum,
    acceptQueue: record.ackBacklog,
    acceptQueueLimit: record.maxAckBacklog,
    skCookie: record.skCookie === 0n ? undefined : record.skCookie,
  };
}
