/** What a program found of a socket's owner, as events have it. */
import type { StructValue } from "../../../bytes/struct.ts";
import type { SocketForm, SocketIdentity } from "../../../model/owner.ts";
import { OWNER, type ownerLayout } from "./owner.ts";

/** Frozen. A cookie of 0 is none. */
export function socketIdentity(
  { inode, cgroupId, netnsCookie, uid, bits }: StructValue<(typeof ownerLayout)["fields"]>,
  skCookie: bigint,
): SocketIdentity {
  return Object.freeze({
    form: formOf(bits),
    inode: Number(inode) || undefined,
    cgroupId: cgroupId || undefined,
    uid: (bits & OWNER.read) === 0 ? undefined : uid,
    skCookie: skCookie || undefined,
    isOrphan: (bits & OWNER.dead) !== 0,
    hasSocket: (bits & OWNER.socket) !== 0,
    netnsCookie: netnsCookie || undefined,
  });
}

function formOf(bits: number): SocketForm | undefined {
  if ((bits & OWNER.full) !== 0) return "full";
  if ((bits & OWNER.request) !== 0) return "request";
  return (bits & OWNER.timewait) === 0 ? undefined : "timewait";
}
