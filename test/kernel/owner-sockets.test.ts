/** Whose real drops are: each kind of socket, held by processes that are known to hold it. */
import assert from "node:assert/strict";
import { fstatSync } from "node:fs";
import { basename } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { KernelTypes } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { kfreeSkbArguments } from "../../src/capture/kinds/drop/tracepoint-arguments.ts";
import {
  ADDRESS,
  addressBytes,
  type Connection,
  Hosts,
  nextSegment,
  SERVER,
  waitFor,
} from "../../src/lab/hosts.ts";
import { ACK, FIN, PSH_ACK, SYN, SYN_ACK, segmentToServer } from "../../src/lab/segments.ts";
import type { Event, Owner } from "../../src/model/index.ts";
import type { OwnedFd } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { SOL_SOCKET, SOL_TCP, TCP_LINGER2 } from "../../src/sys/macros.ts";
import { listenTcp, localPort, receiveBytes, sendBytes, setOption } from "../../src/sys/sockets.ts";
import { IPPROTO_MPTCP, SO_BINDTODEVICE } from "../lab/macros.ts";
import { patient } from "../patience.ts";
import { Holding, OwnedDrops } from "./owned.ts";
import { HAS_PERL, Passing } from "./passing.ts";
import { Cgroup } from "./scenarios/cgroup.ts";
import { nftRule } from "./scenarios/rules.ts";

const LIMIT = { timeout: patient(40_000) };
/** Before Linux 6.11 most drops on the way in have no socket. */
const RECEIVED = {
  ...LIMIT,
  skip:
    kfreeSkbArguments(new KernelTypes(openKernelBtf())).rxSk === undefined
      ? "this kernel does not give the receiving socket"
      : false,
};
const HELLO = Buffer.from("hello");

describe("the owner", () => {
  let hosts: Hosts;
  let drops: OwnedDrops;
  let holding: Holding[];

  beforeEach(async () => {
    hosts = new Hosts(libcSyscalls);
    holding = [];
    drops = await OwnedDrops.open({ netns: [hosts.client.inode, hosts.server.inode] });
  });
  afterEach(() => {
    for (const each of holding) each[Symbol.dispose]();
    drops[Symbol.dispose]();
    hosts[Symbol.dispose]();
  });

  /** Another process gets the sockets. */
  function handOver(...fds: OwnedFd[]): Holding {
    const other = new Holding(hosts.server, fds);
    holding.push(other);
    return other;
  }

  async function ownerOf(wanted: (event: Event) => boolean, what: string): Promise<Owner> {
    const { owner } = await drops.event(wanted, what);
    assert(owner !== undefined, "it has an owner");
    assert(Object.isFrozen(owner));
    return owner;
  }

  const dropTo = (port: number, flags: string) => (event: Event) =>
    event.flow?.dport === port && event.packet?.flags?.join() === flags;

  /** Data that the server has already. */
  async function oldData(): Promise<{
    readonly port: number;
    readonly end: Connection;
  }> {
    const end = await hosts.establish(4, hosts.newPort());
    return { port: end.serverPort, end };
  }

  function sendOld({ clientPort, serverPort, clientSeq, serverSeq }: Connection): void {
    hosts.inject({
      ...segmentToServer(4, clientPort, serverPort),
      seq: clientSeq,
      ack: serverSeq,
      flags: PSH_ACK,
      payload: HELLO,
    });
  }

  function told({ by, certainty, missing, process, holders }: Owner) {
    return { by, certainty, missing, pid: process?.pid, comm: process?.comm, holders };
  }

  const CERTAIN = { certainty: "certain", missing: undefined, holders: undefined } as const;

  test("of data that the server has already: who holds the server's socket", RECEIVED, async () => {
    const { port, end } = await oldData();
    sendBytes(end.client, HELLO);
    await waitFor(() => receiveBytes(end.server, HELLO.length), "The first copy");
    const { pid } = handOver(end.server);
    end.server[Symbol.dispose]();
    sendOld(end);
    const owner = await ownerOf(dropTo(port, "PSH,ACK"), "The second copy");
    assert.deepEqual(told(owner), { ...CERTAIN, by: "socket", pid, comm: "sleep" });
    assert.equal(owner.uid, 0);
  });

  test("of what a client sends: who holds the client's socket", LIMIT, async () => {
    const port = hosts.newPort();
    nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${port} drop`);
    const client = hosts.connect(4, port);
    const { pid } = handOver(client);
    client[Symbol.dispose]();
    // TCP sends the SYN again after a second.
    const owner = await ownerOf(
      (event) => dropTo(port, "SYN")(event) && event.flow?.direction === "tx",
      "The SYN",
    );
    assert.equal(owner.by, "socket");
    assert([pid, process.pid].includes(owner.process?.pid ?? 0));
  });

  test("in the accept queue: the listener's, which has not taken it", RECEIVED, async () => {
    const port = hosts.newPort();
    const listener = hosts.listen(4, port);
    const wire = hosts.capture();
    const clientPort = localPort(hosts.connect(4, port));
    const synAck = await waitFor(() => nextSegment(wire, ({ flags }) => flags === SYN_ACK), "The SYN-ACK");
    await waitFor(
      () => nextSegment(wire, ({ flags, sourcePort }) => flags === ACK && sourcePort === clientPort),
      "The last ACK",
    );
    const { pid } = handOver(listener);
    listener[Symbol.dispose]();
    hosts.inject({
      ...segmentToServer(4, clientPort, port),
      seq: ((synAck.ack ?? 0) + 100_000_000) >>> 0,
      ack: ((synAck.seq ?? 0) + 1) >>> 0,
      flags: PSH_ACK,
      payload: HELLO,
    });
    const owner = await ownerOf(dropTo(port, "PSH,ACK"), "Data out of the window");
    assert.deepEqual(told(owner), { ...CERTAIN, certainty: "likely", by: "listener", pid, comm: "sleep" });
  });

  test("of a connection that its process has closed: who held it", RECEIVED, async () => {
    const { port, end } = await oldData();
    const { pid } = handOver(end.server);
    const held = end.server;
    setOption(held, SOL_TCP, TCP_LINGER2, 120);
    // A drop while it is held: so it is known.
    sendBytes(end.client, HELLO);
    await waitFor(() => receiveBytes(held, HELLO.length), "The first copy");
    held[Symbol.dispose]();
    sendOld(end);
    assert.equal((await ownerOf(dropTo(port, "PSH,ACK"), "The second copy")).process?.pid, pid);
    await holding[0]?.end();
    sendBytes(end.client, HELLO);
    const owner = await ownerOf(
      (event) => dropTo(port, "PSH,ACK")(event) && event.identity?.isOrphan === true,
      "Data for an orphan",
    );
    assert.deepEqual(told(owner), { ...CERTAIN, certainty: "likely", by: "remembered", pid, comm: "sleep" });
  });

  test("of a connection that nobody has seen open: the listener of its port", RECEIVED, async () => {
    const port = hosts.newPort();
    const listener = hosts.listen(4, port);
    const end = await hosts.establish(4, port, listener);
    const { pid } = handOver(listener);
    setOption(end.server, SOL_TCP, TCP_LINGER2, 120);
    end.server[Symbol.dispose]();
    listener[Symbol.dispose]();
    sendBytes(end.client, HELLO);
    const owner = await ownerOf(dropTo(port, "PSH,ACK"), "Data for an orphan");
    assert.deepEqual(told(owner), { ...CERTAIN, certainty: "possible", by: "listener", pid, comm: "sleep" });
  });

  test(
    "in TIME_WAIT: who held it, and where nobody has seen that the listener of its port",
    RECEIVED,
    async () => {
      for (const isSeen of [true, false]) {
        const port = hosts.newPort();
        const listener = hosts.listen(4, port);
        const end = await hosts.establish(4, port, listener);
        const { pid } = handOver(listener, ...(isSeen ? [end.server] : []));
        listener[Symbol.dispose]();
        if (isSeen) {
          // A drop while it is held: so it is known.
          sendBytes(end.client, HELLO);
          await waitFor(() => receiveBytes(end.server, HELLO.length), "The first copy");
          end.server[Symbol.dispose]();
          sendOld(end);
          assert.equal((await ownerOf(dropTo(port, "PSH,ACK"), "The second copy")).by, "socket");
          await holding.at(-1)?.end();
        }
        await intoTimeWait(end, isSeen ? HELLO.length : 0);
        const owner = await ownerOf(
          (event) => dropTo(port, "PSH,ACK")(event) && event.identity?.form === "timewait",
          "Data for TIME_WAIT",
        );
        const known = isSeen
          ? { ...CERTAIN, by: "remembered", certainty: "likely" }
          : { ...CERTAIN, by: "listener", certainty: "possible" };
        assert.deepEqual(told(owner), { ...known, pid, comm: "sleep" });
      }
    },
  );

  /** The server has closed first; then data comes that is too late. */
  async function intoTimeWait(end: Connection, sent: number): Promise<void> {
    const wire = hosts.capture();
    const isFin = ({ flags }: { readonly flags: number }): boolean => (flags & FIN) !== 0;
    if (end.server.isOpen) {
      end.server[Symbol.dispose]();
      await waitFor(() => nextSegment(wire, isFin), "The server's FIN");
    }
    end.client[Symbol.dispose]();
    await waitFor(
      () => nextSegment(wire, (one) => isFin(one) && one.sourcePort === end.clientPort),
      "The FIN",
    );
    await waitFor(
      () => nextSegment(wire, ({ flags, sourcePort }) => flags === ACK && sourcePort === end.serverPort),
      "The last ACK",
    );
    hosts.inject({
      ...segmentToServer(4, end.clientPort, end.serverPort),
      seq: (end.clientSeq + sent + 1) >>> 0,
      ack: (end.serverSeq + 1) >>> 0,
      flags: PSH_ACK,
      payload: HELLO,
    });
  }

  test("of one of two listeners on a port: the one that the kernel chose", RECEIVED, async () => {
    const port = hosts.newPort();
    const listeners = [0, 1].map(() => hosts.own(hosts.server.inside(() => listenShared(port))));
    const pids = listeners.map((listener) => handOver(listener).pid);
    const inodes = listeners.map(({ fd }) => fstatSync(fd).ino);
    for (const listener of listeners) listener[Symbol.dispose]();
    const seen = new Set<number>();
    for (let from = 41_000; from < 41_032; from += 1) {
      hosts.inject({ ...segmentToServer(4, from, port), seq: 1, flags: SYN | FIN });
      const { owner, identity } = await drops.event(({ flow }) => flow?.sport === from, "SYN and FIN");
      assert.equal(owner?.process?.pid, pids[inodes.indexOf(identity?.inode ?? 0)]);
      seen.add(owner?.process?.pid ?? 0);
    }
    assert.equal(seen.size, 2);
  });

  test("of an MPTCP listener, which has another cookie than its subflow", RECEIVED, async (t) => {
    const port = hosts.newPort();
    let listener: OwnedFd;
    try {
      const endpoint = { address: addressBytes(4, SERVER), port };
      listener = hosts.own(hosts.server.inside(() => listenTcp(endpoint, 16, IPPROTO_MPTCP)));
    } catch {
      return t.skip("this kernel has no MPTCP");
    }
    const { pid } = handOver(listener);
    listener[Symbol.dispose]();
    hosts.inject({ ...segmentToServer(4, 40_000, port), seq: 1, flags: SYN | FIN });
    const owner = await ownerOf((event) => event.flow?.dport === port, "SYN and FIN");
    assert.deepEqual(told(owner), { ...CERTAIN, by: "socket", pid, comm: "sleep" });
  });

  test("of a socket that was made in another cgroup: the process's, and the socket's", LIMIT, async () => {
    using cgroup = new Cgroup("");
    const port = hosts.newPort();
    nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${port} drop`);
    const client = cgroup.inside(() => hosts.connect(4, port));
    const owner = await ownerOf(
      (event) => dropTo(port, "SYN")(event) && event.flow?.direction === "tx",
      "The SYN",
    );
    assert.equal(owner.process?.pid, process.pid);
    assert.equal(basename(owner.socketCgroup ?? ""), basename(cgroup.path));
    assert.notEqual(owner.cgroup, owner.socketCgroup);
    client[Symbol.dispose]();
  });

  test("of a handshake that is not over: the listener's", LIMIT, async () => {
    const port = hosts.newPort();
    const listener = hosts.listen(4, port);
    const { pid } = handOver(listener);
    listener[Symbol.dispose]();
    nftRule(hosts.server, "inet", "filter hook output", `tcp sport ${port} drop`);
    hosts.connect(4, port);
    const owner = await ownerOf(
      (event) =>
        (event.flow?.sport === port && event.packet?.flags?.join() === "SYN,ACK") ||
        (event.flow?.sport === port && event.packet?.flags?.join() === "ACK,SYN"),
      "The SYN-ACK",
    );
    assert.deepEqual(told(owner), { ...CERTAIN, by: "listener", pid, comm: "sleep" });
  });

  test("of what no listener takes: the listener, and of three processes the oldest", RECEIVED, async () => {
    const port = hosts.newPort();
    const listener = hosts.listen(4, port);
    handOver(listener);
    handOver(listener);
    hosts.inject({ ...segmentToServer(4, 40_000, port), seq: 1, flags: SYN | FIN });
    const owner = await ownerOf((event) => event.flow?.dport === port, "SYN and FIN");
    assert.deepEqual(told(owner), {
      ...CERTAIN,
      by: "socket",
      pid: process.pid,
      comm: owner.process?.comm,
      holders: 3,
    });
    const first = holding[0];
    listener[Symbol.dispose]();
    assert.equal(first?.pid !== process.pid, true);
  });

  test(
    "of a connection that processes of several cgroups hold: the oldest, and how many",
    RECEIVED,
    async () => {
      const { port, end } = await oldData();
      sendBytes(end.client, HELLO);
      await waitFor(() => receiveBytes(end.server, HELLO.length), "The first copy");
      using cgroup = new Cgroup("");
      // The socket was made in this test's cgroup, where the younger one is.
      const { pid } = cgroup.inside(() => handOver(end.server));
      const younger = handOver(end.server);
      end.server[Symbol.dispose]();
      sendOld(end);
      const owner = await ownerOf(dropTo(port, "PSH,ACK"), "The second copy");
      assert.deepEqual(told(owner), { ...CERTAIN, by: "socket", pid, comm: "sleep", holders: 2 });
      assert.notEqual(younger.pid, pid);
      await holding[0]?.end();
    },
  );

  for (const [what, flags, owned] of [
    ["a SYN", SYN, { by: "none", certainty: undefined, missing: "no_socket" }],
    ["an ACK", ACK, { by: "lookup", certainty: "possible", missing: undefined }],
  ] as const)
    test(`of a RST for ${what} to a port that somebody listens on a moment later`, LIMIT, async () => {
      const port = hosts.newPort();
      handOver();
      nftRule(hosts.server, "inet", "filter hook output", `tcp sport ${port} drop`);
      hosts.inject({ ...segmentToServer(4, 40_000, port), seq: 1, ack: 1, flags });
      const listener = hosts.listen(4, port);
      const latecomer = handOver(listener);
      listener[Symbol.dispose]();
      const owner = await ownerOf((event) => event.flow?.sport === port, "The RST");
      const process = owned.by === "none" ? {} : { pid: latecomer.pid, comm: "sleep" };
      const nobody = { pid: undefined, comm: undefined, holders: undefined };
      assert.deepEqual(told(owner), { ...nobody, ...owned, ...process });
    });

  for (const isSeen of [true, false])
    test(
      `on its way over a unix socket: ${isSeen ? "who held it before" : "not found"}`,
      RECEIVED,
      async (t) => {
        if (!HAS_PERL) return t.skip("it takes Perl on x86-64");
        const { port, end } = await oldData();
        sendBytes(end.client, HELLO);
        await waitFor(() => receiveBytes(end.server, HELLO.length), "The first copy");
        using passing = new Passing(end.server.fd);
        end.server[Symbol.dispose]();
        if (isSeen) {
          sendOld(end);
          const before = await ownerOf(dropTo(port, "PSH,ACK"), "Data while it is held");
          assert.deepEqual(told(before), { ...CERTAIN, by: "socket", pid: passing.pid, comm: "perl" });
        }
        await passing.pass();
        if (isSeen) await setTimeout(1100);
        sendOld(end);
        const owner = await ownerOf(dropTo(port, "PSH,ACK"), "Data while it is on its way");
        if (isSeen)
          assert.deepEqual(told(owner), {
            ...CERTAIN,
            certainty: "likely",
            by: "remembered",
            pid: passing.pid,
            comm: "perl",
          });
        else assert.deepEqual([owner.process, owner.missing], [undefined, "not_found"]);
      },
    );

  test("of a segment with a bad checksum: the kernel's own lookup", LIMIT, async () => {
    const { port, end } = await oldData();
    nftRule(hosts.server, "inet", "filter hook prerouting", `tcp dport ${port} drop`);
    const { pid } = handOver(end.server);
    end.server[Symbol.dispose]();
    sendBytes(end.client, HELLO);
    const owner = await ownerOf(
      (event) => dropTo(port, "PSH,ACK")(event) && event.identity?.form === undefined,
      "Data that a rule drops",
    );
    assert.deepEqual(told(owner), { ...CERTAIN, certainty: "possible", by: "lookup", pid, comm: "sleep" });
  });

  test("of a SYN that a rule drops: the listener that would take it", LIMIT, async () => {
    const port = hosts.newPort();
    const listener = hosts.listen(4, port);
    const { pid } = handOver(listener);
    listener[Symbol.dispose]();
    nftRule(hosts.server, "inet", "filter hook prerouting", `tcp dport ${port} drop`);
    hosts.connect(4, port);
    const owner = await ownerOf(dropTo(port, "SYN"), "The SYN");
    assert.deepEqual(told(owner), { ...CERTAIN, certainty: "possible", by: "lookup", pid, comm: "sleep" });
  });

  test("of a SYN to a port that nobody listens on: nobody", LIMIT, async () => {
    const port = hosts.newPort();
    handOver();
    hosts.inject({ ...segmentToServer(4, 40_000, port), seq: 1, flags: SYN });
    const owner = await ownerOf((event) => event.flow?.dport === port, "The SYN");
    assert.deepEqual(owner, { ...nobody(), missing: "no_socket" });
  });

  test("of a SYN to another address than the listener's: nobody, with a hint", LIMIT, async () => {
    const port = hosts.newPort();
    const listener = hosts.server.inside(() => listenOnLoopback(port));
    hosts.own(listener);
    const { pid } = handOver(listener);
    listener[Symbol.dispose]();
    hosts.inject({ ...segmentToServer(4, 40_000, port), seq: 1, flags: SYN });
    const owner = await ownerOf((event) => event.flow?.dport === port, "The SYN");
    const hint = `port ${port} is listened on at 127.0.0.1 only, by sleep[${pid}]`;
    assert.deepEqual(owner, { ...nobody(), missing: "no_socket", hint });
  });

  test("of a SYN from another device than the listener's: nobody, with a hint", LIMIT, async () => {
    const port = hosts.newPort();
    const listener = hosts.listen(4, port);
    setOption(listener, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from("lo\0"));
    const { pid } = handOver(listener);
    listener[Symbol.dispose]();
    hosts.inject({ ...segmentToServer(4, 40_000, port), seq: 1, flags: SYN });
    const owner = await ownerOf((event) => event.flow?.dport === port, "The SYN");
    const hint = `port ${port} is listened on at ${ADDRESS.server[4]} on lo only, by sleep[${pid}]`;
    assert.deepEqual(owner, { ...nobody(), missing: "no_socket", hint });
  });
});

/** One of several on the port. */
function listenShared(port: number): OwnedFd {
  return listenTcp({ address: addressBytes(4, SERVER), port }, 16, 0, true);
}

function nobody(): Owner {
  return {
    by: "none",
    certainty: undefined,
    missing: undefined,
    process: undefined,
    holders: undefined,
    uid: undefined,
    user: undefined,
    cgroup: undefined,
    socketCgroup: undefined,
    workload: undefined,
    hint: undefined,
  };
}

function listenOnLoopback(port: number): OwnedFd {
  return listenTcp({ address: Uint8Array.of(127, 0, 0, 1), port }, 16);
}
