/** What records say of the socket's owner is what the sockets say of themselves: one drop of each kind of socket. */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { afterEach, beforeEach, describe, test } from "node:test";
import { KernelTypes } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { canMakeCookie } from "../../src/capture/kinds/drop/make-cookie.ts";
import { kfreeSkbArguments } from "../../src/capture/kinds/drop/tracepoint-arguments.ts";
import { addressBytes, type Connection, Hosts, nextSegment, SERVER, waitFor } from "../../src/lab/hosts.ts";
import { ACK, FIN, PSH_ACK, SYN, SYN_ACK, segmentToServer } from "../../src/lab/segments.ts";
import type { Event, SocketIdentity } from "../../src/model/index.ts";
import { EndBudget } from "../../src/source/end-budget.ts";
import type { OwnedFd } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { SOL_TCP, TCP_LINGER2 } from "../../src/sys/macros.ts";
import {
  acceptTcp,
  connectTcp,
  listenTcp,
  localPort,
  receiveBytes,
  sendBytes,
  setOption,
} from "../../src/sys/sockets.ts";
import { IPPROTO_MPTCP } from "../lab/macros.ts";
import { patient } from "../patience.ts";
import { cookieOf, heldBy, IdentifiedDrops, netnsCookieOf } from "./identified.ts";
import { overfill } from "./refused.ts";
import { Cgroup } from "./scenarios/cgroup.ts";
import { nftRule } from "./scenarios/rules.ts";

const kernel = new KernelTypes(openKernelBtf());
const LIMIT = { timeout: patient(30_000) };
/** Before Linux 6.11 most drops on the way in have no socket. */
const RECEIVED = {
  ...LIMIT,
  skip:
    kfreeSkbArguments(kernel).rxSk === undefined ? "this kernel does not give the receiving socket" : false,
};
const HELLO = Buffer.from("hello");
/** Somebody whom no other socket here belongs to. */
const UID = 54_321;
const WITHOUT_OWNER = { inode: undefined, cgroupId: undefined, uid: undefined, hasSocket: false };

describe("a record says of the socket", () => {
  let hosts: Hosts;
  let drops: IdentifiedDrops;
  let cgroup: Cgroup;

  beforeEach(() => {
    hosts = new Hosts(libcSyscalls);
    cgroup = new Cgroup("");
    drops = new IdentifiedDrops({ netns: [hosts.client.inode, hosts.server.inode] });
  });
  afterEach(() => {
    drops[Symbol.dispose]();
    hosts[Symbol.dispose]();
    cgroup[Symbol.dispose]();
  });

  /** Makes a socket in the test's cgroup, as another user. */
  function asSomebody<T>(make: () => T): T {
    return cgroup.inside(() => {
      process.seteuid?.(UID);
      try {
        return make();
      } finally {
        process.seteuid?.(0);
      }
    });
  }

  const listen = (port: number, protocol = 0): OwnedFd =>
    hosts.own(
      hosts.server.inside(() =>
        asSomebody(() => listenTcp({ address: addressBytes(4, SERVER), port }, 16, protocol)),
      ),
    );
  const connect = (port: number): OwnedFd =>
    hosts.own(
      hosts.client.inside(() => asSomebody(() => connectTcp({ address: addressBytes(4, SERVER), port }))),
    );

  /** The listener is somebody's; who accepts, and the client, are root. */
  function establish(): Promise<Connection> {
    const port = hosts.newPort();
    return hosts.establish(4, port, listen(port));
  }

  const somebodys = () => ({ cgroupId: statSync(cgroup.path, { bigint: true }).ino, uid: UID });

  async function identity(
    to: number,
    flags: readonly string[],
    more: (event: Event) => boolean = () => true,
  ): Promise<Partial<SocketIdentity>> {
    const event = await drops.event(
      (one) =>
        (one.flow?.dport === to || one.flow?.sport === to) &&
        one.packet?.flags?.join() === flags.join() &&
        more(one),
      `The drop of ${flags.join()} at port ${to}`,
    );
    assert(event.identity !== undefined);
    assert(Object.isFrozen(event.identity));
    assert.equal(event.identity.skCookie, event.socket?.skCookie);
    const { netnsCookie: _of, ...rest } = event.identity;
    return rest;
  }

  test(
    "of an established one: its file, the listener's cgroup, the uid of who accepted it, and its cookie",
    RECEIVED,
    async () => {
      const { client, server, clientPort, serverPort, clientSeq, serverSeq } = await establish();
      sendBytes(client, HELLO);
      await waitFor(() => receiveBytes(server, HELLO.length), "The first copy");
      const again = {
        ...segmentToServer(4, clientPort, serverPort),
        seq: clientSeq,
        ack: serverSeq,
        flags: PSH_ACK,
        payload: HELLO,
      };
      hosts.inject(again);
      const first = await identity(serverPort, ["PSH", "ACK"]);
      // Nobody had asked for a cookie before.
      const skCookie = cookieOf(server);
      assert.deepEqual(first, { form: "full", ...heldBy(server), ...somebodys(), uid: 0, skCookie });
      assert.notEqual(heldBy(server).inode, heldBy(client).inode);
    },
  );

  test("that sends: the sender's", LIMIT, async () => {
    const port = hosts.newPort();
    nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${port} drop`);
    const client = connect(port);
    const { skCookie, ...found } = await identity(port, ["SYN"]);
    assert.deepEqual(found, { form: "full", ...heldBy(client), ...somebodys() });
    if (canMakeCookie(kernel)) assert.equal(skCookie, cookieOf(client));
  });

  test("in the accept queue: nobody's file, the listener's cgroup and uid", RECEIVED, async () => {
    const port = hosts.newPort();
    const listener = listen(port);
    const wire = hosts.capture();
    const client = connect(port);
    const clientPort = localPort(client);
    const synAck = await waitFor(() => nextSegment(wire, ({ flags }) => flags === SYN_ACK), "The SYN-ACK");
    await waitFor(
      () => nextSegment(wire, ({ flags, sourcePort }) => flags === ACK && sourcePort === clientPort),
      "The last ACK",
    );
    hosts.inject({
      ...segmentToServer(4, clientPort, port),
      seq: ((synAck.ack ?? 0) + 100_000_000) >>> 0,
      ack: ((synAck.seq ?? 0) + 1) >>> 0,
      flags: PSH_ACK,
      payload: HELLO,
    });
    const { skCookie, ...found } = await identity(port, ["PSH", "ACK"]);
    assert.deepEqual(found, {
      form: "full",
      ...WITHOUT_OWNER,
      ...somebodys(),
      isOrphan: false,
    });
    const accepted = hosts.own(acceptTcp(listener) ?? assert.fail("nothing to accept"));
    assert.equal(skCookie, cookieOf(accepted));
  });

  test("that its process has closed: an orphan, with what it had but the file", RECEIVED, async () => {
    const { client, server, serverPort } = await establish();
    const skCookie = cookieOf(server);
    // Longer than TCP_TIMEWAIT_LEN: it stays a full socket.
    setOption(server, SOL_TCP, TCP_LINGER2, 120);
    server[Symbol.dispose]();
    sendBytes(client, HELLO);
    const found = await identity(serverPort, ["PSH", "ACK"]);
    assert.deepEqual(found, {
      form: "full",
      ...WITHOUT_OWNER,
      ...somebodys(),
      uid: 0,
      isOrphan: true,
      skCookie,
    });
  });

  test("in TIME_WAIT: the cookie of the one that it was, and no more", RECEIVED, async () => {
    const { client, server, clientPort, serverPort, clientSeq, serverSeq } = await establish();
    const skCookie = cookieOf(server);
    const wire = hosts.capture();
    const isFin = ({ flags }: { readonly flags: number }): boolean => (flags & FIN) !== 0;
    server[Symbol.dispose]();
    await waitFor(() => nextSegment(wire, isFin), "The server's FIN");
    client[Symbol.dispose]();
    await waitFor(() => nextSegment(wire, (one) => isFin(one) && one.sourcePort === clientPort), "The FIN");
    await waitFor(
      () => nextSegment(wire, ({ flags, sourcePort }) => flags === ACK && sourcePort === serverPort),
      "The last ACK",
    );
    hosts.inject({
      ...segmentToServer(4, clientPort, serverPort),
      seq: (clientSeq + 1) >>> 0,
      ack: (serverSeq + 1) >>> 0,
      flags: PSH_ACK,
      payload: HELLO,
    });
    const found = await identity(serverPort, ["PSH", "ACK"]);
    assert.deepEqual(found, { form: "timewait", ...WITHOUT_OWNER, isOrphan: false, skCookie });
  });

  test("of a handshake that is not over: the listener's", LIMIT, async () => {
    const port = hosts.newPort();
    const listener = listen(port);
    nftRule(hosts.server, "inet", "filter hook output", `tcp sport ${port} drop`);
    connect(port);
    const { skCookie: _none, ...found } = await identity(port, ["SYN", "ACK"]);
    assert.deepEqual(found, { form: "request", ...heldBy(listener), ...somebodys() });
  });

  test("that listens: its own", RECEIVED, async () => {
    const port = hosts.newPort();
    const listener = listen(port);
    const skCookie = cookieOf(listener);
    hosts.inject({ ...segmentToServer(4, 40_000, port), seq: 1, flags: SYN | FIN });
    const found = await identity(port, ["FIN", "SYN"]);
    assert.deepEqual(found, { form: "full", ...heldBy(listener), ...somebodys(), skCookie });
  });

  test("of MPTCP: the file that the process holds", RECEIVED, async (t) => {
    if (!hasMptcp()) return t.skip("this kernel has no MPTCP");
    const port = hosts.newPort();
    const listener = listen(port, IPPROTO_MPTCP);
    hosts.inject({ ...segmentToServer(4, 40_000, port), seq: 1, flags: SYN | FIN });
    const { skCookie: _subflow, ...found } = await identity(port, ["FIN", "SYN"]);
    assert.deepEqual(found, { form: "full", ...heldBy(listener), ...somebodys() });
  });

  test("where there is none: the namespace's cookie", LIMIT, async () => {
    const port = hosts.newPort();
    // Any socket of the server's namespace knows its cookie.
    const other = listen(hosts.newPort());
    hosts.inject({ ...segmentToServer(4, 40_000, port), seq: 1, flags: SYN });
    const { identity: found } = await drops.event((one) => one.flow?.dport === port, "NO_SOCKET");
    assert.deepEqual(found, {
      form: undefined,
      ...WITHOUT_OWNER,
      isOrphan: false,
      skCookie: undefined,
      netnsCookie: netnsCookieOf(other) ?? found?.netnsCookie,
    });
  });

  test("and the same object for all drops of one socket", LIMIT, async () => {
    const { client, serverPort } = await establish();
    cookieOf(client);
    nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${serverPort} drop`);
    sendBytes(client, HELLO);
    const isSent = (one: Event): boolean => one.flow?.dport === serverPort && one.flow.direction === "tx";
    const [first, second] = [
      await drops.event(isSent, "The first drop"),
      // TCP sends it again.
      await drops.event(isSent, "The second drop"),
    ];
    assert.equal(first.identity, second.identity);
    assert.equal(first.identity?.netnsCookie, netnsCookieOf(client) ?? first.identity?.netnsCookie);
  });
});

function hasMptcp(): boolean {
  try {
    using _listener = listenTcp({ address: new Uint8Array(4), port: 0 }, 1, IPPROTO_MPTCP);
    return true;
  } catch {
    return false;
  }
}

test("no record says it where nobody asks", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  using drops = new IdentifiedDrops({ netns: [hosts.server.inode], owners: "none" });
  const port = hosts.newPort();
  hosts.inject({ ...segmentToServer(4, 40_000, port), seq: 1, flags: SYN });
  const event = await drops.event((one) => one.flow?.dport === port, "NO_SOCKET");
  assert.equal(event.identity, undefined);
  assert.equal(drops.source.ownerTotals(), undefined);
});

test("a SYN that a listening socket refuses is the listener's, counted too", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  using drops = new IdentifiedDrops({ netns: [hosts.server.inode], listeners: "counted" });
  const port = hosts.newPort();
  const listener = hosts.listen(4, port, 0);
  overfill(hosts, 4, port, 4);
  const { identity } = await drops.event(
    ({ kind, flow }) => kind === "refused" && flow?.dport === port,
    "It",
  );
  const { inode, hasSocket, isOrphan, uid, form } = identity ?? {};
  assert.deepEqual({ inode, hasSocket, isOrphan, uid, form }, { ...heldBy(listener), uid: 0, form: "full" });
});

test("drops are counted by cgroup, whatever becomes of them", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  using cgroup = new Cgroup("");
  using drops = new IdentifiedDrops({
    netns: [hosts.client.inode],
    owners: "none",
    ownerTotals: true,
    rows: false,
  });
  const port = hosts.newPort();
  hosts.listen(4, port);
  nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${port} drop`);
  const SYNS = 5;
  for (let left = SYNS; left > 0; left -= 1) cgroup.inside(() => hosts.connect(4, port))[Symbol.dispose]();
  await drops.source.stop(new EndBudget());
  const totals = drops.source.ownerTotals() ?? assert.fail("nobody counted");
  const own = totals.find(({ cgroupId }) => cgroupId === statSync(cgroup.path, { bigint: true }).ino);
  assert.deepEqual(own, { of: "cgroup", cgroupId: own?.cgroupId, class: "loss", count: SYNS });
  const { seen, filtered } = drops.source.counts().drop;
  assert.equal(
    totals.reduce((sum, { count }) => sum + count, 0),
    seen - filtered,
  );
});
