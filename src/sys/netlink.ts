/**
 * Dumps over netlink, synchronous: the kernel fills the answer while it is read, so nothing is waited for. The
 * socket belongs to the network namespace that the thread is in.
 */
import koffi from "koffi";
import { struct, u16, u32 } from "../bytes/struct.ts";
import { DecodeError, SyscallError } from "../errors.ts";
import { check, syscallError } from "./errno.ts";
import { OwnedFd } from "./fd.ts";
import { libcSyscalls } from "./libc.ts";
import {
  AF_NETLINK,
  MSG_DONTWAIT,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  SOCK_CLOEXEC,
  SOCK_RAW,
} from "./macros.ts";

/** `struct nlmsghdr`, include/uapi/linux/netlink.h. */
export const nlmsghdr = struct("nlmsghdr", 16, {
  nlmsgLen: u32(0),
  nlmsgType: u16(4),
  nlmsgFlags: u16(6),
  nlmsgSeq: u32(8),
  nlmsgPid: u32(12),
});

/** What an ordinary dump gives at a time: NLMSG_GOODSIZE, at most 8 pages (netlink_dump(), net/netlink/af_netlink.c). */
const BLOCK_BYTES = 32 * 1024;

/** A message of the answer. */
export interface NetlinkMessage {
  readonly type: number;
  readonly payload: Uint8Array;
}

interface Calls {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly send: (fd: number, bytes: Uint8Array, length: number, flags: number) => number | bigint;
  readonly recv: (fd: number, bytes: Uint8Array, length: number, flags: number) => number | bigint;
}

let calls: Calls | undefined;

/** Declared when they are wanted first: that takes a part of a millisecond. */
function libc(): Calls {
  if (calls !== undefined) return calls;
  const library = koffi.load(null);
  calls = {
    // int socket(int domain, int type, int protocol);
    socket: library.func("int socket(int domain, int type, int protocol)"),
    // ssize_t send(int fd, const void *buf, size_t len, int flags);
    send: library.func("intptr_t send(int fd, void *buf, size_t len, int flags)"),
    // ssize_t recv(int fd, void *buf, size_t len, int flags);
    recv: library.func("intptr_t recv(int fd, void *buf, size_t len, int flags)"),
  };
  return calls;
}

/**
 * The messages of one dump: until the kernel says that it is done, or `maxBytes` were read.
 *
 * @throws SyscallError where the kernel refuses, DecodeError for what is no netlink
 */
export function netlinkDump(
  protocol: number,
  type: number,
  body: Uint8Array,
  maxBytes: number,
): readonly NetlinkMessage[] {
  const { send, recv } = libc();
  using fd = openNetlink(protocol);
  const request = encodeMessage(type, NLM_F_REQUEST | NLM_F_DUMP, body);
  check(orErrno(send(fd.fd, request, request.length, 0)), "send", "Cannot ask over netlink");
  const messages: NetlinkMessage[] = [];
  const block = new Uint8Array(BLOCK_BYTES);
  for (let total = 0; total < maxBytes; ) {
    const got = check(orErrno(recv(fd.fd, block, block.length, MSG_DONTWAIT)), "recv", "Cannot read netlink");
    total += got;
    if (splitMessages(block.slice(0, got), messages)) return messages;
  }
  return messages;
}

/**
 * Asks several questions, each of which the kernel answers with one message, or refuses. The refusal stands in
 * place of the answer.
 */
export function netlinkAsk(
  protocol: number,
  type: number,
  bodies: readonly Uint8Array[],
): readonly (NetlinkMessage | SyscallError)[] {
  const { send, recv } = libc();
  using fd = openNetlink(protocol);
  const block = new Uint8Array(BLOCK_BYTES);
  return bodies.map((body) => {
    const request = encodeMessage(type, NLM_F_REQUEST, body);
    check(orErrno(send(fd.fd, request, request.length, 0)), "send", "Cannot ask over netlink");
    const got = check(orErrno(recv(fd.fd, block, block.length, MSG_DONTWAIT)), "recv", "Cannot read netlink");
    const messages: NetlinkMessage[] = [];
    try {
      splitMessages(block.slice(0, got), messages);
    } catch (failure) {
      if (failure instanceof SyscallError) return failure;
      throw failure;
    }
    const [answer] = messages;
    if (answer === undefined) throw new DecodeError(nlmsghdr.name, 0, "there is no answer");
    return answer;
  });
}

function openNetlink(protocol: number): OwnedFd {
  const made = orErrno(libc().socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  return new OwnedFd(libcSyscalls, check(made, "socket", "Cannot make a netlink socket"), "netlink socket");
}

function encodeMessage(type: number, flags: number, body: Uint8Array): Uint8Array {
  const nlmsgLen = nlmsghdr.size + body.length;
  return Buffer.concat([
    nlmsghdr.encode({ nlmsgLen, nlmsgType: type, nlmsgFlags: flags, nlmsgSeq: 1 }),
    body,
  ]);
}

/** Appends the messages; true for the last block. */
export function splitMessages(block: Uint8Array, to: NetlinkMessage[]): boolean {
  if (block.length === 0) throw new DecodeError(nlmsghdr.name, 0, "the answer is empty");
  for (let at = 0; at < block.length; ) {
    const { nlmsgLen: length, nlmsgType: type } = nlmsghdr.decode(block, at);
    if (length < nlmsghdr.size || length > block.length - at)
      throw new DecodeError(nlmsghdr.name, at, `a message of ${length} bytes`);
    if (type === NLMSG_DONE) return true;
    const payload = block.subarray(at + nlmsghdr.size, at + length);
    if (type === NLMSG_ERROR) throw refusal(payload);
    to.push({ type, payload });
    at += aligned(length);
  }
  return false;
}

const errorNumber = struct("nlmsgerr", 4, { error: u32(0) });

function refusal(payload: Uint8Array): SyscallError {
  const errno = -(errorNumber.decode(payload).error | 0);
  return syscallError(errno, "recv", "The kernel refused to answer over netlink");
}

/** Messages and attributes begin at multiples of 4. */
function aligned(length: number): number {
  return (length + 3) & ~3;
}

function orErrno(result: number | bigint): number {
  return Number(result) === -1 ? -koffi.errno() : Number(result);
}

/** `struct rtattr`, include/uapi/linux/rtnetlink.h; a `struct nlattr` is the same. */
export const rtattr = struct("rtattr", 4, { rtaLen: u16(0), rtaType: u16(2) });

export interface Attribute {
  readonly type: number;
  /** In the message's memory; shorter than it says where the message ends before. */
  readonly value: Uint8Array;
}

/** The attributes of a message, behind the struct that its payload begins with. */
export function* attributesIn(payload: Uint8Array, first: number): Iterable<Attribute> {
  for (let at = first; at + rtattr.size <= payload.length; ) {
    const { rtaLen, rtaType } = rtattr.decode(payload, at);
    yield { type: rtaType, value: payload.subarray(at + rtattr.size, at + rtaLen) };
    // A length of 0 would never end.
    at += Math.max(aligned(rtaLen), rtattr.size);
  }
}
