/**
 * The kernel's own lookup of a TCP socket, as it does it for a segment that arrives: NETLINK_SOCK_DIAG. All of
 * it is about the network namespace that this thread is in.
 */
import { bytes, struct, u8, u32, u64 } from "../bytes/struct.ts";
import { SyscallError } from "../errors.ts";
import {
  AF_INET,
  AF_INET6,
  INET_DIAG_CGROUP_ID,
  NETLINK_SOCK_DIAG,
  SOCK_DIAG_BY_FAMILY,
} from "../sys/macros.ts";
import { attributesIn, netlinkAsk, netlinkDump } from "../sys/netlink.ts";
import { listDevices } from "./links.ts";

/** `struct inet_diag_req_v2` with its `struct inet_diag_sockid`, include/uapi/linux/inet_diag.h. */
const request = struct("inet_diag_req_v2", 56, {
  family: u8(0),
  protocol: u8(1),
  ext: u8(2),
  states: u32(4),
  /** Ports and addresses are in network order; of IPv4 the first 4 bytes. */
  sport: bytes(8, 2),
  dport: bytes(10, 2),
  src: bytes(12, 16),
  dst: bytes(28, 16),
  ifindex: u32(44),
  cookieLow: u32(48),
  cookieHigh: u32(52),
});

/** `struct inet_diag_msg`. */
const message = struct("inet_diag_msg", 72, {
  family: u8(0),
  state: u8(1),
  sport: bytes(4, 2),
  src: bytes(8, 16),
  ifindex: u32(40),
  cookieLow: u32(44),
  cookieHigh: u32(48),
  uid: u32(64),
  inode: u32(68),
});

const IPPROTO_TCP = 6;
/** INET_DIAG_NOCOOKIE: whatever its cookie is. */
const NO_COOKIE = 0xffff_ffff;
/** 1 << TCP_LISTEN. */
const LISTENING = 1 << 10;
/** A listener takes some 150 bytes. */
const MAX_LISTENER_BYTES = 4 << 20;

/** The ends of a connection as this host sees them; addresses of 4 or 16 bytes. */
export interface TcpQuestion {
  readonly local: Uint8Array;
  readonly localPort: number;
  /** All zeros and port 0: no connection is meant, only who listens. */
  readonly remote: Uint8Array;
  readonly remotePort: number;
  /** Where it came in; 0 where that is not known: then no socket that is bound to a device is found. */
  readonly ifindex: number;
}

export interface TcpAnswer {
  readonly family: 4 | 6;
  /** As TCP numbers them. */
  readonly state: number;
  readonly local: Uint8Array;
  readonly localPort: number;
  readonly cookie: bigint;
  /** Absent where it has no file: in an accept queue, closed by its process, or not yet a full socket. */
  readonly inode: number | undefined;
  readonly uid: number;
  readonly cgroupId: bigint | undefined;
  /** Index of the only device whose segments it takes (SO_BINDTODEVICE); absent where it takes those of all. */
  readonly boundTo: number | undefined;
}

/** A listening socket, with the name of the device that it is bound to. */
export interface TcpListener extends TcpAnswer {
  readonly device: string | undefined;
}

/**
 * One answer for each question: the connection, else the listener that would take such a SYN, else undefined.
 *
 * @throws SyscallError where the kernel does not answer such questions
 */
export function lookUpTcp(questions: readonly TcpQuestion[]): readonly (TcpAnswer | undefined)[] {
  const bodies = questions.map(encodeQuestion);
  return netlinkAsk(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, bodies).map((answer) => {
    if (answer instanceof SyscallError) {
      if (answer.errnoName === "ENOENT") return undefined;
      throw answer;
    }
    return answer.type === SOCK_DIAG_BY_FAMILY ? decodeAnswer(answer.payload) : undefined;
  });
}

/**
 * All listening sockets.
 *
 * @throws SyscallError where the kernel does not answer such questions: ENOENT without tcp_diag
 */
export function listTcpListeners(): readonly TcpListener[] {
  const listeners = [AF_INET, AF_INET6].flatMap((family) =>
    netlinkDump(
      NETLINK_SOCK_DIAG,
      SOCK_DIAG_BY_FAMILY,
      request.encode({ family, protocol: IPPROTO_TCP, states: LISTENING }),
      MAX_LISTENER_BYTES,
    ).flatMap(({ type, payload }) => (type === SOCK_DIAG_BY_FAMILY ? [decodeAnswer(payload)] : [])),
  );
  const areBound = listeners.some(({ boundTo }) => boundTo !== undefined);
  const names = new Map(areBound ? listDevices().map(({ ifindex, name }) => [ifindex, name]) : []);
  return listeners.map((each) => ({ ...each, device: deviceOf(each, names) }));
}

/** A device without a name has gone since. */
function deviceOf({ boundTo }: TcpAnswer, names: ReadonlyMap<number, string>): string | undefined {
  return boundTo === undefined ? undefined : (names.get(boundTo) ?? `device ${boundTo}`);
}

export function encodeQuestion({ local, localPort, remote, remotePort, ifindex }: TcpQuestion): Uint8Array {
  return request.encode({
    family: local.length === 4 ? AF_INET : AF_INET6,
    protocol: IPPROTO_TCP,
    ext: 0,
    states: NO_COOKIE,
    sport: portBytes(localPort),
    dport: portBytes(remotePort),
    src: padded(local),
    dst: padded(remote),
    ifindex,
    cookieLow: NO_COOKIE,
    cookieHigh: NO_COOKIE,
  });
}

export function decodeAnswer(payload: Uint8Array): TcpAnswer {
  const { family, state, sport, src, ifindex, cookieLow, cookieHigh, uid, inode } = message.decode(payload);
  const isV4 = family === AF_INET;
  return {
    family: isV4 ? 4 : 6,
    state,
    local: src.slice(0, isV4 ? 4 : 16),
    localPort: ((sport[0] ?? 0) << 8) | (sport[1] ?? 0),
    cookie: (BigInt(cookieHigh) << 32n) | BigInt(cookieLow),
    inode: inode === 0 ? undefined : inode,
    uid,
    cgroupId: cgroupIn(payload),
    boundTo: ifindex === 0 ? undefined : ifindex,
  };
}

const number64 = struct("u64", 8, { value: u64(0) });

/** An attribute since Linux 5.9. */
function cgroupIn(payload: Uint8Array): bigint | undefined {
  for (const { type, value } of attributesIn(payload, message.size))
    if (type === INET_DIAG_CGROUP_ID && value.length >= number64.size) return number64.decode(value).value;
  return undefined;
}

function portBytes(port: number): Uint8Array {
  return Uint8Array.of(port >> 8, port & 0xff);
}

function padded(address: Uint8Array): Uint8Array {
  const all = new Uint8Array(16);
  all.set(address);
  return all;
}
