/**
 * BSD sockets, synchronous and non-blocking, for the traffic of lab/: Node creates its sockets at a later
 * turn of the event loop, in whatever namespace the thread is then. These calls are not part of `Syscalls`:
 * nothing that traces makes them.
 */
import koffi from "koffi";
import { HOST_LITTLE_ENDIAN } from "../bytes/endian.ts";
import { check, ERRNO } from "./errno.ts";
import { OwnedFd } from "./fd.ts";
import { libcSyscalls } from "./libc.ts";
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  MSG_DONTWAIT,
  MSG_PEEK,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
} from "./macros.ts";

const libc = koffi.load(null);
// int socket(int domain, int type, int protocol);
const socket = libc.func("int socket(int domain, int type, int protocol)");
// int bind(int fd, const struct sockaddr *addr, socklen_t len);
const bind = libc.func("int bind(int fd, void *addr, unsigned int len)");
// int listen(int fd, int backlog);
const listen = libc.func("int listen(int fd, int backlog)");
// int connect(int fd, const struct sockaddr *addr, socklen_t len);
const connect = libc.func("int connect(int fd, void *addr, unsigned int len)");
// int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
const accept4 = libc.func("int accept4(int fd, void *addr, void *len, int flags)");
// ssize_t send(int fd, const void *buf, size_t len, int flags);
const send = libc.func("intptr_t send(int fd, void *buf, size_t len, int flags)");
// ssize_t recv(int fd, void *buf, size_t len, int flags);
const recv = libc.func("intptr_t recv(int fd, void *buf, size_t len, int flags)");
// int setsockopt(int fd, int level, int name, const void *value, socklen_t len);
const setsockopt = libc.func("int setsockopt(int fd, int level, int name, void *value, unsigned int len)");
// int getsockopt(int fd, int level, int name, void *value, socklen_t *len);
const getsockopt = libc.func("int getsockopt(int fd, int level, int name, void *value, void *len)");
// int getsockname(int fd, struct sockaddr *addr, socklen_t *len);
const getsockname = libc.func("int getsockname(int fd, void *addr, void *len)");
// unsigned int if_nametoindex(const char *ifname);
const ifNameToIndex = libc.func("unsigned int if_nametoindex(const char *name)");

function orErrno(result: number | bigint): number {
  return Number(result) === -1 ? -koffi.errno() : Number(result);
}

/** Where a socket connects or listens: an address of 4 or 16 bytes, and a port. */
export interface Endpoint {
  readonly address: Uint8Array;
  readonly port: number;
}

/** struct sockaddr_in or sockaddr_in6. */
function sockaddr({ address, port }: Endpoint): Uint8Array {
  const v6 = address.length === 16;
  const bytes = new Uint8Array(v6 ? 28 : 16);
  bytes[HOST_LITTLE_ENDIAN ? 0 : 1] = v6 ? AF_INET6 : AF_INET;
  bytes[2] = port >> 8;
  bytes[3] = port & 0xff;
  bytes.set(address, v6 ? 8 : 4);
  return bytes;
}

function make(domain: number, type: number, protocol: number, what: string): OwnedFd {
  return new OwnedFd(
    libcSyscalls,
    check(
      orErrno(socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol)),
      "socket",
      `Cannot make ${what}`,
    ),
    what,
  );
}

const familyOf = (endpoint: Endpoint): number => (endpoint.address.length === 16 ? AF_INET6 : AF_INET);

/**
 * A listening TCP socket, or one of another stream protocol: IPPROTO_MPTCP. Where it `isShared`, others may listen
 * on the port too.
 */
export function listenTcp(endpoint: Endpoint, backlog: number, protocol = 0, isShared = false): OwnedFd {
  const listener = make(familyOf(endpoint), SOCK_STREAM, protocol, "a listening socket");
  if (isShared) setOption(listener, SOL_SOCKET, SO_REUSEPORT, 1);
  const address = sockaddr(endpoint);
  check(orErrno(bind(listener.fd, address, address.length)), "bind", "Cannot bind a listening socket");
  check(orErrno(listen(listener.fd, backlog)), "listen", "Cannot listen");
  return listener;
}

/** A bound UDP socket. */
export function udpSocket(endpoint: Endpoint): OwnedFd {
  const socketFd = make(familyOf(endpoint), SOCK_DGRAM, 0, "a UDP socket");
  const address = sockaddr(endpoint);
  check(orErrno(bind(socketFd.fd, address, address.length)), "bind", "Cannot bind a UDP socket");
  return socketFd;
}

/** A TCP socket that starts to connect, without waiting for the outcome. `from` binds it first. */
export function connectTcp(to: Endpoint, from?: Endpoint, protocol = 0): OwnedFd {
  const client = make(familyOf(to), SOCK_STREAM, protocol, "a connecting socket");
  if (from !== undefined) {
    const local = sockaddr(from);
    check(orErrno(bind(client.fd, local, local.length)), "bind", "Cannot bind a connecting socket");
  }
  const address = sockaddr(to);
  const result = orErrno(connect(client.fd, address, address.length));
  if (result !== -ERRNO.EINPROGRESS && result !== -ERRNO.ECONNREFUSED)
    check(result, "connect", "Cannot connect");
  return client;
}

/** The next connection, or undefined if none waits. */
export function acceptTcp(listener: OwnedFd): OwnedFd | undefined {
  const fd = orErrno(accept4(listener.fd, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd === -ERRNO.EAGAIN) return undefined;
  return new OwnedFd(libcSyscalls, check(fd, "accept4", "Cannot accept"), "an accepted socket");
}

/** Bytes sent, or a negative errno. */
export function sendBytes(fd: OwnedFd, bytes: Uint8Array): number {
  return orErrno(send(fd.fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL));
}

/** linux/socket.h */
const MSG_NOSIGNAL = 0x4000;

/** The next bytes or packet, or undefined if none waits. */
export function receiveBytes(fd: OwnedFd, maxBytes: number): Uint8Array | undefined {
  return receive(fd, maxBytes, MSG_DONTWAIT);
}

/** The same, without consuming them. */
export function peekBytes(fd: OwnedFd, maxBytes: number): Uint8Array | undefined {
  return receive(fd, maxBytes, MSG_DONTWAIT | MSG_PEEK);
}

function receive(fd: OwnedFd, maxBytes: number, flags: number): Uint8Array | undefined {
  const bytes = new Uint8Array(maxBytes);
  const length = orErrno(recv(fd.fd, bytes, maxBytes, flags));
  return length < 0 ? undefined : bytes.subarray(0, length);
}

/** Sets a socket option: an int, or a struct's bytes. */
export function setOption(fd: OwnedFd, level: number, name: number, value: number | Uint8Array): void {
  const bytes = typeof value === "number" ? new Uint8Array(Int32Array.of(value).buffer) : value;
  check(
    orErrno(setsockopt(fd.fd, level, name, bytes, bytes.length)),
    "setsockopt",
    `Cannot set the socket option ${level}/${name}`,
  );
}

/** A socket option that is a 32-bit number. */
export function getOption(fd: OwnedFd, level: number, name: number): number {
  const value = new Uint32Array(1);
  check(
    orErrno(getsockopt(fd.fd, level, name, value, Uint32Array.of(4))),
    "getsockopt",
    `Cannot read the socket option ${level}/${name}`,
  );
  return value[0] ?? 0;
}

/** A socket option that is a struct of at most `maxBytes`. */
export function getOptionBytes(
  fd: OwnedFd,
  level: number,
  name: number,
  maxBytes: number,
): Uint8Array<ArrayBuffer> {
  const value = new Uint8Array(maxBytes);
  const length = Uint32Array.of(maxBytes);
  check(
    orErrno(getsockopt(fd.fd, level, name, value, length)),
    "getsockopt",
    `Cannot read the socket option ${level}/${name}`,
  );
  return value.slice(0, length[0]);
}

/** The port that an IPv4 or IPv6 socket is bound to. */
export function localPort(fd: OwnedFd): number {
  const address = new Uint8Array(28);
  check(
    orErrno(getsockname(fd.fd, address, Uint32Array.of(address.length))),
    "getsockname",
    "Cannot read a socket's address",
  );
  return ((address[2] ?? 0) << 8) | (address[3] ?? 0);
}

/** The index of an interface in this thread's namespace. */
export function interfaceIndex(ifname: string): number {
  const index = Number(ifNameToIndex(ifname));
  return check(index === 0 ? -koffi.errno() : index, "if_nametoindex", `Cannot find the interface ${ifname}`);
}

/** A raw socket: receives a copy of every packet of the protocol in this thread's namespace. */
export function rawSocket(family: 4 | 6, protocol: number): OwnedFd {
  return make(family === 4 ? AF_INET : AF_INET6, SOCK_RAW, protocol, "a raw socket");
}

/** A netlink socket of this thread's namespace: what is sent goes to the kernel. */
export function netlinkSocket(protocol: number): OwnedFd {
  return make(AF_NETLINK, SOCK_RAW, protocol, "a netlink socket");
}

/**
 * A packet socket on an interface in this thread's namespace: sends whole frames, and receives all frames of
 * `protocol`.
 */
export function packetSocket(ifname: string, protocol: number): OwnedFd {
  const swapped = ((protocol & 0xff) << 8) | (protocol >> 8);
  const fd = make(AF_PACKET, SOCK_RAW, HOST_LITTLE_ENDIAN ? swapped : protocol, "a packet socket");
  // struct sockaddr_ll
  const address = new Uint8Array(20);
  const words = new Int32Array(address.buffer);
  address[HOST_LITTLE_ENDIAN ? 0 : 1] = AF_PACKET;
  address[2] = protocol >> 8;
  address[3] = protocol & 0xff;
  words[1] = interfaceIndex(ifname);
  check(orErrno(bind(fd.fd, address, address.length)), "bind", `Cannot bind a packet socket to ${ifname}`);
  return fd;
}
