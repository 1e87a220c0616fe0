/** Records of the iterator to listeners: numbers and text, nothing counted yet. */

import { formatIpv4, formatIpv6 } from "../../../bytes/format-address.ts";
import { DecodeError } from "../../../errors.ts";
import type { SocketIdentity } from "../../../model/index.ts";
import { AF_INET, AF_INET6 } from "../../../sys/macros.ts";
import { ownerLayout } from "../../sections/owner/owner.ts";
import { socketIdentity } from "../../sections/owner/socket-identity.ts";
import { listenerRecord } from "./listener-record.ts";

/** One listening socket, as it was when it was looked at. */
export interface Listener {
  /** Identifies it: its cookie, or something that is not for people to see. */
  readonly cookie: bigint;
  readonly skCookie: bigint | undefined;
  /** The socket's own family. */
  readonly ip: 4 | 6;
  readonly address: string;
  readonly port: number;
  /** Connections of IPv4 reach an IPv6 socket too. */
  readonly takesIpv4: boolean;
  /** sk_drops: wraps at 2^32. */
  readonly drops: number;
  readonly acceptQueue: number;
  readonly acceptQueueLimit: number;
  /** Undefined where nobody asked whose it is. */
  readonly identity?: SocketIdentity | undefined;
}

/** A DecodeError where the bytes are no whole records, or of no family that TCP has. */
export function decodeListeners(bytes: Uint8Array): readonly Listener[] {
  if (bytes.length % listenerRecord.size !== 0)
    throw new DecodeError(listenerRecord.name, bytes.length, "the last record is cut off");
  return Array.from({ length: bytes.length / listenerRecord.size }, (_unused, index) =>
    decodeListener(bytes, index * listenerRecord.size),
  );
}

/** The one at `at`. */
export function decodeListener(bytes: Uint8Array, at: number): Listener {
  const { fields } = listenerRecord;
  const record = listenerRecord.decode(bytes, at);
  const ip = record.family === AF_INET ? 4 : record.family === AF_INET6 ? 6 : undefined;
  if (ip === undefined)
    throw new DecodeError(listenerRecord.name, at + fields.family.offset, `address family ${record.family}`);
  const address = (ip === 4 ? formatIpv4 : formatIpv6)(bytes, at + fields.address.offset);
  const skCookie = record.cookieIsAddress === 0 ? record.cookie : undefined;
  const owner = ownerLayout.decode(record.owner);
  return {
    cookie: record.cookie,
    skCookie,
    ip,
    address,
    port: record.port,
    takesIpv4: ip === 4 || (record.v6Only === 0 && (address === "::" || address.startsWith("::ffff:"))),
    drops: record.drops,
    acceptQueue: record.ackBacklog,
    acceptQueueLimit: record.maxAckBacklog,
    ...(owner.bits === 0 ? {} : { identity: socketIdentity(owner, skCookie ?? 0n) }),
  };
}
