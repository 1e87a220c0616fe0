/**
 * The iterator over listening sockets, on the running kernel: it lists those of one namespace, and no
 * connections.
 */
import assert from "node:assert/strict";
import { readSync } from "node:fs";
import { test } from "node:test";
import { attach, KernelTypes, openIterator, Program } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { decodeListeners } from "../../src/capture/kinds/refused/decode-listener.ts";
import { listenerProgram } from "../../src/capture/kinds/refused/listener-program.ts";
import { listenerRecord } from "../../src/capture/kinds/refused/listener-record.ts";
import { ListenerWalker } from "../../src/capture/kinds/refused/listener-walker.ts";
import { ADDRESS, Hosts } from "../../src/lab/hosts.ts";
import type { SocketIdentity } from "../../src/model/index.ts";
import { openDescriptors } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { cookieOf, heldBy, netnsCookieOf } from "./identified.ts";

test("ListenerWalker.walk lists the listeners of the thread's namespace, and closes what it opened", async () => {
  const before = openDescriptors();
  {
    using hosts = new Hosts(libcSyscalls);
    using walker = ListenerWalker.open(libcSyscalls, openKernelBtf());
    const [v4, v6] = [hosts.newPort(), hosts.newPort()];
    await hosts.establish(4, v4, hosts.listen(4, v4, 7));
    hosts.listen(6, v6, 0);
    const walk = (host: "client" | "server") => decodeListeners(hosts[host].inside(() => walker.walk()));
    assert.deepEqual(walk("client"), [], "a connection is no listener");
    const listeners = [...walk("server")].sort((a, b) => a.port - b.port);
    assert.deepEqual(
      listeners.map(({ ip, address, port, drops, acceptQueue, acceptQueueLimit }) => ({
        ip,
        address,
        port,
        drops,
        acceptQueue,
        acceptQueueLimit,
      })),
      [
        { ip: 4, address: ADDRESS.server[4], port: v4, drops: 0, acceptQueue: 0, acceptQueueLimit: 7 },
        { ip: 6, address: ADDRESS.server[6], port: v6, drops: 0, acceptQueue: 0, acceptQueueLimit: 0 },
      ],
    );
    const cookies = listeners.map(({ cookie }) => cookie);
    assert.ok(cookies.every((cookie) => cookie > 0n) && new Set(cookies).size === 2);
    assert.deepEqual(
      [...walk("server")].sort((a, b) => a.port - b.port).map(({ cookie }) => cookie),
      cookies,
      "a socket keeps its cookie",
    );
  }
  assert.equal(openDescriptors(), before);
});

test("listenerProgram for kernels without cookies lists the same, and exposes no address", () => {
  using hosts = new Hosts(libcSyscalls);
  const btf = openKernelBtf();
  using program = Program.load(
    libcSyscalls,
    listenerProgram(new KernelTypes(btf), "address", true),
    btf,
    new Map(),
  );
  using link = attach(libcSyscalls, program);
  const port = hosts.newPort();
  hosts.listen(4, port, 7);
  const bytes = hosts.server.inside(() => {
    using iterator = openIterator(libcSyscalls, link);
    const block = new Uint8Array(512 * listenerRecord.size);
    return block.subarray(0, readSync(iterator.fd, block));
  });
  const [listener, ...more] = decodeListeners(bytes);
  assert.deepEqual(
    [listener?.port, listener?.acceptQueueLimit, listener?.skCookie, more],
    [port, 7, undefined, []],
  );
  assert((listener?.cookie ?? 0n) > 0n);
  assert.equal(listener?.identity?.skCookie, undefined);
});

test("ListenerWalker.walk says whose each is, where that is asked", () => {
  using hosts = new Hosts(libcSyscalls);
  const socket = hosts.listen(4, hosts.newPort(), 7);
  const identityOf = (owners: boolean): SocketIdentity | undefined => {
    using walker = ListenerWalker.open(libcSyscalls, openKernelBtf(), owners);
    const [listener] = decodeListeners(hosts.server.inside(() => walker.walk()));
    return listener?.identity;
  };
  const { cgroupId, ...found } = identityOf(true) ?? assert.fail("nobody says whose it is");
  assert.deepEqual(found, {
    form: "full",
    ...heldBy(socket),
    uid: 0,
    skCookie: found.skCookie === undefined ? undefined : cookieOf(socket),
    netnsCookie: netnsCookieOf(socket) ?? found.netnsCookie,
  });
  assert((cgroupId ?? 0n) > 0n);
  assert.equal(identityOf(false), undefined);
});

test("ListenerWalker.walk lists more listeners than fit one read", () => {
  using hosts = new Hosts(libcSyscalls, "loopback");
  using walker = ListenerWalker.open(libcSyscalls, openKernelBtf());
  const ports = Array.from({ length: 1200 }, () => hosts.newPort());
  for (const port of ports) hosts.listen(4, port);
  const found = decodeListeners(hosts.server.inside(() => walker.walk())).map(({ port }) => port);
  assert.equal(found.length, ports.length);
  assert.deepEqual(new Set(found), new Set(ports));
});
