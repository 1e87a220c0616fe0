/**
 * How the two hosts are connected. Their addresses are always the same: 192.0.2.1 and 2001:db8::1 for the
 * client, .2 and ::2 for the server (RFC 5737 and RFC 3849).
 *
 *     veth       client cli0 ------- srv0 server
 *     forwarded  client cli0 - rtc0 router rts0 - srv0 server
 *     loopback   both on lo of one namespace
 */
import { readFileSync, writeFileSync } from "node:fs";
import { TcpdropError } from "../errors.ts";
import type { Scope } from "../sys/scope.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { Netns } from "./netns.ts";

export const PATHS = ["veth", "loopback", "forwarded"] as const;
export type Path = (typeof PATHS)[number];

/** The namespaces and devices of a path; on loopback client and server are one. */
export interface Topology {
  readonly client: Netns;
  readonly server: Netns;
  readonly router: Netns | undefined;
  readonly clientDevice: string;
  readonly serverDevice: string;
  /** MAC address of the client's next hop. */
  readonly nextHopMac: Uint8Array;
}

export const CLIENT_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
export const SERVER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 2);
const ROUTER_CLIENT_SIDE_MAC = Uint8Array.of(2, 0, 0, 0, 0, 3);
export const ROUTER_SERVER_SIDE_MAC = Uint8Array.of(2, 0, 0, 0, 0, 4);
const LOOPBACK_MAC = new Uint8Array(6);

export const CLIENT = 1;
export const SERVER = 2;
const ROUTER = 254;
const v4 = (last: number): string => `192.0.2.${last}`;
const v6 = (last: number): string => `2001:db8::${last.toString(16)}`;

export function join(path: Path, sys: Syscalls, scope: Scope): Topology {
  if (path === "veth") return joinByVeth(sys, scope);
  return path === "loopback" ? joinOnLoopback(sys, scope) : joinThroughRouter(sys, scope);
}

function joinByVeth(sys: Syscalls, scope: Scope): Topology {
  const client = scope.own(Netns.create(sys));
  const server = scope.own(Netns.create(sys));
  cable(client, "cli0", CLIENT_MAC, server, "srv0", SERVER_MAC);
  for (const [host, device, own, peer, peerMac] of [
    [client, "cli0", CLIENT, SERVER, SERVER_MAC],
    [server, "srv0", SERVER, CLIENT, CLIENT_MAC],
  ] as const) {
    batch(host, [
      `addr add ${v4(own)}/24 dev ${device}`,
      `addr add ${v6(own)}/64 dev ${device} nodad`,
      ...up(device),
      ...neighbour(peer, peerMac, device),
    ]);
  }
  awaitLocal(client, CLIENT);
  awaitLocal(server, SERVER);
  return {
    client,
    server,
    router: undefined,
    clientDevice: "cli0",
    serverDevice: "srv0",
    nextHopMac: SERVER_MAC,
  };
}

function joinThroughRouter(sys: Syscalls, scope: Scope): Topology {
  const client = scope.own(Netns.create(sys));
  const server = scope.own(Netns.create(sys));
  const router = scope.own(Netns.create(sys));
  cable(client, "cli0", CLIENT_MAC, router, "rtc0", ROUTER_CLIENT_SIDE_MAC);
  cable(server, "srv0", SERVER_MAC, router, "rts0", ROUTER_SERVER_SIDE_MAC);
  for (const [host, device, own, peer, routerMac] of [
    [client, "cli0", CLIENT, SERVER, ROUTER_CLIENT_SIDE_MAC],
    [server, "srv0", SERVER, CLIENT, ROUTER_SERVER_SIDE_MAC],
  ] as const) {
    batch(host, [
      `addr add ${v4(own)}/32 dev ${device}`,
      `addr add ${v6(own)}/128 dev ${device} nodad`,
      ...up(device),
      ...neighbour(ROUTER, routerMac, device),
    ]);
    batch(host, [
      `route add ${v4(ROUTER)}/32 dev ${device}`,
      `route add ${v4(peer)}/32 via ${v4(ROUTER)} dev ${device}`,
    ]);
    batch(host, [
      `route add ${v6(ROUTER)}/128 dev ${device}`,
      `route add ${v6(peer)}/128 via ${v6(ROUTER)} dev ${device}`,
    ]);
  }
  batch(router, [
    ...up("rtc0"),
    ...up("rts0"),
    ...neighbour(CLIENT, CLIENT_MAC, "rtc0"),
    ...neighbour(SERVER, SERVER_MAC, "rts0"),
  ]);
  batch(router, [
    `addr add ${v4(ROUTER)}/32 dev rtc0`,
    `route add ${v4(CLIENT)}/32 dev rtc0`,
    `route add ${v4(SERVER)}/32 dev rts0`,
  ]);
  batch(router, [
    `addr add ${v6(ROUTER)}/128 dev rtc0 nodad`,
    `route add ${v6(CLIENT)}/128 dev rtc0`,
    `route add ${v6(SERVER)}/128 dev rts0`,
  ]);
  setSysctl(router, "ipv4/conf/all/forwarding", "1");
  setSysctl(router, "ipv6/conf/all/forwarding", "1");
  awaitLocal(client, CLIENT);
  awaitLocal(server, SERVER);
  awaitLocal(router, ROUTER);
  return {
    client,
    server,
    router,
    clientDevice: "cli0",
    serverDevice: "srv0",
    nextHopMac: ROUTER_CLIENT_SIDE_MAC,
  };
}

function joinOnLoopback(sys: Syscalls, scope: Scope): Topology {
  const client = scope.own(Netns.create(sys));
  batch(client, [
    "link set lo up",
    ...[CLIENT, SERVER].flatMap((last) => [
      `addr add ${v4(last)}/32 dev lo`,
      `addr add ${v6(last)}/128 dev lo nodad`,
    ]),
  ]);
  // Injected packets have no route yet, and their source is an address of this host.
  setSysctl(client, "ipv4/conf/lo/accept_local", "1");
  awaitLocal(client, CLIENT);
  awaitLocal(client, SERVER);
  return {
    client,
    server: client,
    router: undefined,
    clientDevice: "lo",
    serverDevice: "lo",
    nextHopMac: LOOPBACK_MAC,
  };
}

/** A veth pair with an end in each namespace. */
function cable(
  a: Netns,
  aDevice: string,
  aMac: Uint8Array,
  b: Netns,
  bDevice: string,
  bMac: Uint8Array,
): void {
  a.run("ip", [
    "link",
    "add",
    aDevice,
    "address",
    macText(aMac),
    "type",
    "veth",
    "peer",
    "name",
    bDevice,
    "address",
    macText(bMac),
    "netns",
    b.path,
  ]);
}

function batch(host: Netns, lines: readonly string[]): void {
  host.run("ip", ["-batch", "-"], `${lines.join("\n")}\n`);
}

function up(device: string): readonly string[] {
  return ["link set lo up", `link set ${device} up`];
}

/** Static neighbours: discovery would be traffic, and take time. */
function neighbour(last: number, mac: Uint8Array, device: string): readonly string[] {
  return [v4(last), v6(last)].map(
    (address) => `neigh replace ${address} lladdr ${macText(mac)} dev ${device}`,
  );
}

/**
 * An IPv6 address exists before packets to it are local: a worker adds the route (net/ipv6/addrconf.c,
 * addrconf_dad_work()), even without duplicate address detection.
 */
function awaitLocal(host: Netns, last: number): void {
  const local = new RegExp(`^20010db8${last.toString(16).padStart(24, "0")} 80 .* 8\\w{7} +\\w+$`, "m");
  for (
    const until = performance.now() + WAIT_MS;
    !local.test(host.inside(() => readFileSync("/proc/thread-self/net/ipv6_route", "latin1")));
  ) {
    if (performance.now() > until)
      throw new TcpdropError("SYSCALL_FAILED", `${v6(last)} did not become local within ${WAIT_MS} ms`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
}

/** A loaded machine may take long. */
const WAIT_MS = 10_000;

export function macText(mac: Uint8Array): string {
  return [...mac].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** Writes a sysctl of a host, below /proc/sys/net. */
export function setSysctl(host: Netns, path: string, value: string): void {
  host.inside(() => writeFileSync(`/proc/sys/net/${path}`, value));
}
