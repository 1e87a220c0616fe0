/** Names of network namespaces, and whom forwarded segments are for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ADDRESS, Hosts } from "../../src/lab/hosts.ts";
import type { Netns } from "../../src/lab/netns.ts";
import { SYN, segmentToServer } from "../../src/lab/segments.ts";
import type { Owner } from "../../src/model/index.ts";
import type { OwnedFd } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { Scope } from "../../src/sys/scope.ts";
import { connectTcp, listenTcp } from "../../src/sys/sockets.ts";
import { patient } from "../patience.ts";
import { netnsCookieOf } from "./identified.ts";
import { Holding, OwnedDrops } from "./owned.ts";
import { ip, nftRule } from "./scenarios/rules.ts";

const LIMIT = { timeout: patient(40_000) };

test("a namespace is named by its oldest process where nothing else has a name for it", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  using inside = new Holding(hosts.server, []);
  using drops = await OwnedDrops.open({ netns: [hosts.server.inode] });
  const port = hosts.newPort();
  const listener = hosts.listen(4, hosts.newPort());
  hosts.inject({ ...segmentToServer(4, 40_000, port), seq: 1, flags: SYN });
  const { netns } = await drops.event(({ flow }) => flow?.dport === port, "The SYN");
  assert.deepEqual(netns, { cookie: netnsCookieOf(listener) ?? netns?.cookie, name: `sleep[${inside.pid}]` });
});

/**
 * Addresses of documentation are those of all hosts of all tests, and one that several have is nobody's. These
 * are for benchmarks (RFC 2544), and this process's own.
 */
const [CLIENT, SERVER] = [0, 1].map((last) =>
  Uint8Array.of(
    198,
    18 + ((process.pid >> 14) & 1),
    (process.pid >> 6) & 255,
    ((process.pid & 63) << 2) | last,
  ),
) as [Uint8Array, Uint8Array];

/** The two hosts have these addresses too. */
function giveAddresses(hosts: Hosts, router: Netns): void {
  const [client, server] = [CLIENT.join("."), SERVER.join(".")];
  ip(hosts.client, `addr add ${client}/32 dev cli0`, `route add ${server}/32 via 192.0.2.254 dev cli0`);
  ip(hosts.server, `addr add ${server}/32 dev srv0`, `route add ${client}/32 via 192.0.2.254 dev srv0`);
  ip(router, `route add ${client}/32 via ${ADDRESS.client[4]} dev rtc0`);
  ip(router, `route add ${server}/32 via ${ADDRESS.server[4]} dev rts0`);
}

/** The owner of a SYN that the router drops; `ways`: these hosts have a process. */
async function ownerOnTheWay(
  hosts: Hosts,
  ways: readonly Netns[],
  handOver: (sockets: { readonly client: OwnedFd; readonly listener: OwnedFd }) => void,
): Promise<Owner | undefined> {
  const { router } = hosts;
  assert(router !== undefined);
  giveAddresses(hosts, router);
  const port = hosts.newPort();
  using scope = new Scope();
  for (const host of ways) scope.own(new Holding(host, []));
  using drops = await OwnedDrops.open({ netns: [router.inode] });
  const listener = hosts.own(hosts.server.inside(() => listenTcp({ address: SERVER, port }, 16)));
  nftRule(router, "inet", "filter hook forward", `tcp dport ${port} drop`);
  const client = hosts.own(
    hosts.client.inside(() => connectTcp({ address: SERVER, port }, { address: CLIENT, port: 0 })),
  );
  handOver({ client, listener });
  return (await drops.event(({ flow }) => flow?.dport === port, "The SYN")).owner;
}

test("what a router drops is of the host that it is for: of its listener", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls, "forwarded");
  using scope = new Scope();
  let pid = 0;
  const owner = await ownerOnTheWay(hosts, [hosts.client, hosts.server], ({ listener }) => {
    pid = scope.own(new Holding(hosts.server, [listener])).pid;
    listener[Symbol.dispose]();
  });
  assert.deepEqual(
    { by: owner?.by, certainty: owner?.certainty, pid: owner?.process?.pid },
    { by: "netns", certainty: "possible", pid },
  );
});

test("of the host that has sent it, where no way leads to the other", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls, "forwarded");
  using scope = new Scope();
  let pid = 0;
  const owner = await ownerOnTheWay(hosts, [hosts.client], ({ client }) => {
    pid = scope.own(new Holding(hosts.client, [client])).pid;
    client[Symbol.dispose]();
  });
  assert.deepEqual(
    { by: owner?.by, certainty: owner?.certainty, pid: owner?.process?.pid },
    { by: "netns", certainty: "likely", pid },
  );
});
