/** Listening sockets that close: their last counts arrive, with the address that is gone afterwards. */
import assert from "node:assert/strict";
import { release } from "node:os";
import { test } from "node:test";
import { openKernelBtf } from "../../src/btf/index.ts";
import type { ClosedListener } from "../../src/capture/kinds/refused/closed-listener.ts";
import { ClosedListeners } from "../../src/capture/kinds/refused/closed-listeners.ts";
import { possibleCpus } from "../../src/host/cpus.ts";
import { ADDRESS, addressBytes, type Family, Hosts, SERVER, waitFor } from "../../src/lab/hosts.ts";
import { demandNoLeak } from "../../src/sys/failing-syscalls.test.kit.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import { listenTcp, localPort } from "../../src/sys/sockets.ts";
import { patient } from "../patience.ts";
import { counter, overfill } from "./refused.ts";

const LIMIT = { timeout: patient(30_000) };
const btf = openKernelBtf();
const [major = 0, minor = 0] = release().split(".").map(Number);
/** Before, the verifier does not give such programs bpf_get_socket_cookie(). */
const tellsCookies = major > 5 || (major === 5 && minor >= 12);
const open = (netns: readonly number[] | undefined): ClosedListeners =>
  ClosedListeners.open(sys, btf, { netns, possibleCpus: possibleCpus() });

/** The listener at this port refuses at least this many SYNs. */
async function refuse(hosts: Hosts, family: Family, port: number): Promise<number> {
  const from = counter(hosts.server, "ListenDrops");
  overfill(hosts, family, port, 5);
  const refused = (): number => counter(hosts.server, "ListenDrops", from);
  await waitFor(() => (refused() >= 4 ? true : undefined), "Four refused SYNs");
  return refused();
}

for (const family of [4, 6] satisfies Family[])
  test(
    `ClosedListeners.take, IPv${family}: address, port, namespace, drops and queue of a listener that closed`,
    LIMIT,
    async () => {
      using hosts = new Hosts(sys);
      using listeners = open([hosts.server.inode]);
      const port = hosts.newPort();
      const listener = hosts.listen(family, port, 0);
      const drops = await refuse(hosts, family, port);
      assert.deepEqual(listeners.take(), { closed: [], lost: 0 }, "it listens still");
      listener[Symbol.dispose]();
      const { closed, lost } = listeners.take();
      const [one, ...more] = closed;
      assert.deepEqual([more, lost], [[], 0]);
      const { cookie, skCookie, ktimeNs, ...rest } = one ?? assert.fail("no record");
      assert.deepEqual(rest satisfies Partial<ClosedListener>, {
        ip: family,
        address: ADDRESS.server[family],
        port,
        takesIpv4: family === 4,
        drops,
        acceptQueue: 1,
        acceptQueueLimit: 0,
        netns: hosts.server.inode,
      });
      assert.ok(cookie > 0n && ktimeNs > 0n);
      assert.equal(skCookie, tellsCookies ? cookie : undefined);
      assert.deepEqual(listeners.take().closed, [], "each is taken once");
    },
  );

test("ClosedListeners.take: also with a port that the kernel chose", LIMIT, async () => {
  using hosts = new Hosts(sys);
  using listeners = open([hosts.server.inode]);
  const listener = hosts.own(
    hosts.server.inside(() => listenTcp({ address: addressBytes(4, SERVER), port: 0 }, 0)),
  );
  const port = localPort(listener);
  const drops = await refuse(hosts, 4, port);
  listener[Symbol.dispose]();
  assert.deepEqual(
    listeners.take().closed.map((closed) => [closed.port, closed.drops]),
    [[port, drops]],
  );
});

test(
  "ClosedListeners.take: no listener without drops, no connection, and none of another namespace",
  LIMIT,
  async () => {
    using hosts = new Hosts(sys);
    using listeners = open([hosts.server.inode]);
    using others = open([hosts.client.inode]);
    const [quiet, full] = [hosts.newPort(), hosts.newPort()];
    const first = hosts.listen(4, quiet);
    const { client, server } = await hosts.establish(4, quiet, first);
    client[Symbol.dispose]();
    server[Symbol.dispose]();
    first[Symbol.dispose]();
    const second = hosts.listen(4, full, 0);
    await refuse(hosts, 4, full);
    second[Symbol.dispose]();
    assert.deepEqual(
      listeners.take().closed.map(({ port }) => port),
      [full],
    );
    assert.deepEqual(others.take().closed, []);
  },
);

test("ClosedListeners.take counts those that do not fit into the ring", {
  timeout: patient(60_000),
}, async () => {
  using hosts = new Hosts(sys, "loopback");
  using listeners = open([hosts.server.inode]);
  const made = 1200;
  for (let count = 0; count < made; count += 1) {
    const port = hosts.newPort();
    const listener = hosts.listen(4, port, 0);
    const from = counter(hosts.server, "ListenDrops");
    // Where a kernel thread delivers the packets, the clients may be gone before the first has connected.
    await waitFor(() => {
      overfill(hosts, 4, port, 3);
      return counter(hosts.server, "ListenDrops", from) > 0 || undefined;
    }, "A refused SYN");
    listener[Symbol.dispose]();
  }
  const { closed, lost } = listeners.take();
  assert.equal(closed.length + lost, made);
  assert.ok(lost > 0 && closed.length > 500, `${lost} lost`);
  assert.equal(listeners.take().lost, 0);
});

test("ClosedListeners.open leaves nothing open, whichever system call fails", () => {
  const failed = demandNoLeak(sys, (failing) =>
    ClosedListeners.open(failing, btf, { netns: undefined, possibleCpus: possibleCpus() }),
  );
  assert.ok(failed > 10, `${failed} calls made it fail`);
});
