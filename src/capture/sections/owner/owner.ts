/**
 * What says whose the socket is: the inode of its file, its cgroup, its uid. Of a request socket they are its
 * listener's; of that and of a TIME_WAIT one, no more than sock_common may be read as a socket's.
 *
 * The socket's cookie is in its own section.
 */
import {
  type Access,
  type AnyStruct,
  type Condition,
  castResult,
  type Label,
  not,
  type Pointer,
  type Scalar,
  type StructMemory,
} from "../../../bpf/index.ts";
import { struct, u32, u64 } from "../../../bytes/struct.ts";
import { type AddressReading, scratch } from "../../core/bare-address.ts";
import type { SockPointer } from "../../core/kernel-structs.ts";
import type { Section } from "../../core/section.ts";
import { TCP_NEW_SYN_RECV, TCP_TIME_WAIT } from "../../core/tcp-states.ts";
import {
  cgroup,
  file,
  hasCgroupStructs,
  hasOwnerStructs,
  inode,
  kernfsNode,
  ownedSock,
  SOCK_DEAD,
  socketStruct,
} from "./owner-structs.ts";

export interface OwnerEvent extends Omit<AddressReading, "access"> {
  /**
   * How the socket is read. `cast`: its address is a number, which is cast to a socket; `direct`: a pointer that
   * the verifier knows; `probe`: by bpf_probe_read_kernel alone.
   */
  readonly socketAccess: Access | "cast";
  readonly socket: SockPointer;
  /** Undefined: there always is one. */
  readonly hasSocket: Condition | undefined;
  /** For `cast`; 0 without a socket that can be believed. */
  readonly socketAddress: Scalar;
  /** Of the network namespace; 0 where it is not known. */
  readonly netnsCookie: Scalar;
  /** Gets the address of the cgroup, or 0; undefined where nobody wants it. */
  readonly keepCgroup?: ((address: Scalar | number) => void) | undefined;
}

export const ownerLayout = struct("owner", 32, {
  /** 0 without a file. */
  inode: u64(0),
  /** Of the cgroup v2 in which the socket was made; 0 where it is not known. */
  cgroupId: u64(8),
  netnsCookie: u64(16),
  uid: u32(24),
  /** Of OWNER. */
  bits: u32(28),
});
type Fields = (typeof ownerLayout)["fields"];
export type OwnerMemory = StructMemory<Fields>;

/** `bits`: which of three kinds it is (none without a socket that can be believed), and what it has. */
export const OWNER = {
  full: 1,
  request: 2,
  timewait: 4,
  /** A full socket was read: itself, or the listener of a request. Without this, the rest means nothing. */
  read: 8,
  /** SOCK_DEAD. */
  dead: 16,
  /** It has a struct socket. */
  socket: 32,
} as const;

export const owner: Section<OwnerEvent, Fields> = {
  name: "owner",
  layout: ownerLayout,
  available: (kernel) =>
    hasOwnerStructs(kernel)
      ? { kind: "present" }
      : { kind: "absent", why: "this kernel's BTF does not have what leads from a socket to its file" },
  write: (event, { memory }) => writeOwner(event, memory),
};

/** Writes all of it. */
export function writeOwner(event: OwnerEvent, memory: OwnerMemory): void {
  const { b, hasSocket, netnsCookie, socketAccess, socketAddress } = event;
  for (const field of ["inode", "cgroupId", "uid", "bits"] as const) memory.set(field, 0);
  memory.set("netnsCookie", netnsCookie);
  event.keepCgroup?.(0);
  const [done, request, full, read] = ["known", "of_request", "of_full", "read"].map((step) =>
    b.label(`owner_${step}`),
  ) as [Label, Label, Label, Label];
  if (hasSocket !== undefined) b.jumpIf(not(hasSocket), done);
  /** The address of what is read, where that is a number. */
  const holder = scratch(b, "net_device.index_hlist");
  if (socketAccess !== "direct") b.set(holder, socketAddress);
  const state = value(event, socketAt(event, holder).__sk_common.skc_state);
  b.jumpIf(state.eq(TCP_NEW_SYN_RECV), request);
  b.jumpIf(state.ne(TCP_TIME_WAIT), full);
  memory.set("bits", OWNER.timewait);
  b.jump(done);

  b.bind(request);
  memory.set("bits", OWNER.request);
  b.set(holder, value(event, socketAt(event, holder).__sk_common.skc_listener));
  // A request that came by a cookie has none.
  b.jumpIf(holder.isZero(), done);
  if (socketAccess === "direct") {
    // Of a union: the verifier knows no type for it.
    readFull({ ...event, socketAccess: "probe" }, holder, memory);
    b.jump(done);
  } else b.jump(read);

  b.bind(full);
  memory.set("bits", OWNER.full);
  b.bind(read);
  readFull(event, holder, memory);
  b.bind(done);
}

type Reading = Pick<OwnerEvent, "b" | "kernel" | "socket" | "socketAccess" | "keepCgroup">;

/** To be used before the next call; `address` where the socket is not known by a pointer. */
function socketAt({ b, kernel, socket, socketAccess }: Reading, address: Scalar): Pointer<typeof ownedSock> {
  if (socketAccess === "probe") return kernel.point(ownedSock, address.expression, "probe");
  const known = socketAccess === "cast" ? castResult(b, kernel, ownedSock, address)?.address : undefined;
  return kernel.point(ownedSock, (known ?? socket.address).expression, "direct");
}

/** Of what only bpf_probe_read_kernel reads: one at a time. */
function value({ b, socketAccess }: Reading, field: Scalar): Scalar {
  if (socketAccess !== "probe") return field;
  const read = scratch(b, "read");
  b.set(read, field);
  return read;
}

/** What a pointer leads to: on the way through several, by two slots in turn. A NULL on the way reads as 0. */
function follow<S extends AnyStruct>(
  { b, kernel, socketAccess }: Reading,
  struct: S,
  pointer: { readonly address: Scalar },
  slot: "read" | "net_device",
): Pointer<S> {
  if (socketAccess !== "probe") return kernel.point(struct, pointer.address.expression, "direct");
  const kept = scratch(b, slot);
  b.set(kept, pointer.address);
  return kernel.point(struct, kept.expression, "probe");
}

function readFull(reading: Reading, address: Scalar, memory: OwnerMemory): void {
  const { b, kernel } = reading;
  const sk = socketAt(reading, address);
  memory.set("uid", value(reading, sk.sk_uid.val));
  const isDead = value(reading, sk.__sk_common.skc_flags).shiftRight(SOCK_DEAD).and(1);
  memory.set("bits", memory.get("bits").or(isDead.mul(OWNER.dead)).or(OWNER.read));
  const data = sk.sk_cgrp_data;
  if (data?.cgroup !== undefined && hasCgroupStructs(kernel)) {
    reading.keepCgroup?.(value(reading, data.cgroup.address));
    const { kn } = follow(reading, cgroup, data.cgroup, "read");
    memory.set("cgroupId", value(reading, follow(reading, kernfsNode, kn, "net_device").id));
  }
  const socket = follow(reading, socketStruct, sk.sk_socket, "net_device");
  b.if(socket.address.notZero(), () => {
    memory.set("bits", memory.get("bits").or(OWNER.socket));
    const { f_inode } = follow(reading, file, socket.file, "read");
    memory.set("inode", value(reading, follow(reading, inode, f_inode, "net_device").i_ino));
  });
}
