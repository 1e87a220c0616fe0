import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { test } from "node:test";
import { dropWith } from "../../test/drop-facts.ts";
import { fullDrop } from "../../test/golden/sample-events.ts";
import { openKernelBtf } from "../btf/index.ts";
import { listenerRecord } from "../capture/kinds/refused/listener-record.ts";
import { SyscallError } from "../errors.ts";
import { Incidents } from "../findings/index.ts";
import { acquire, type NamespaceEntry } from "../host/authority.ts";
import { ownNetns } from "../host/netns.ts";
import { finish } from "../host/steps.ts";
import { libcSyscalls } from "../sys/libc.ts";
import { AF_INET } from "../sys/macros.ts";
import { MachineSnapshots } from "./machine-snapshots.ts";
import { openSnapshots } from "./open-snapshots.ts";

const LISTENER = {
  cookie: 1n,
  netnsInum: 1,
  drops: 0,
  ackBacklog: 0,
  maxAckBacklog: 1,
  address: new Uint8Array(16),
  port: 80,
  v6Only: 0,
  cookieIsAddress: 0,
};

const soon = (): number => performance.now() + 1000;
const NAME = `tcpdrop-snap-${process.pid}`;
const inside = (...words: readonly string[]): void => {
  const { status, stderr } = spawnSync("ip", ["netns", "exec", NAME, ...words], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
};

/** Incidents in a namespace: one drop. */
function incidentsIn(netns: number, ifname: string) {
  const incidents = new Incidents();
  incidents.observe(dropWith(fullDrop, { netns, ifname, class: "loss" }));
  return incidents.list();
}

test("MachineSnapshots reads counters at both ends, settings and listening sockets of a namespace", () => {
  assert.equal(spawnSync("ip", ["netns", "add", NAME]).status, 0);
  try {
    inside("ip", "link", "set", "lo", "up");
    inside(
      "sh",
      "-c",
      "echo 17 > /proc/sys/net/core/somaxconn; echo 2 > /proc/sys/net/ipv4/conf/lo/rp_filter",
    );
    const inode = statSync(`/run/netns/${NAME}`).ino;
    using held = acquire(libcSyscalls, { cost: false, namespaces: true });
    using open = openSnapshots(libcSyscalls, { held, btf: openKernelBtf() }, [inode]);
    finish(open.snapshots.start());
    // Three pings of nobody: each raises IcmpMsgInType8 here, and a connect to a closed port TcpOutRsts.
    inside("bash", "-c", "for n in 1 2 3; do (exec 3<>/dev/tcp/127.0.0.1/9) 2> /dev/null; done; true");
    const [netns] = open.snapshots.evidence(incidentsIn(inode, "lo"), soon());
    assert.equal(netns?.inode, inode);
    assert.equal(netns.name, NAME);
    assert.deepEqual(netns.enter, ["ip", "netns", "exec", NAME]);
    assert.equal(netns.rose?.get("TcpOutRsts"), 3);
    assert.deepEqual(
      ["TcpExtTCPToZeroWindowAdv", "TcpExtNoKernelHasThis", "softnet.dropped"].map((name) =>
        netns.rose?.get(name),
      ),
      [0, undefined, undefined],
      "it stood still, no kernel has it, and it is not the namespace's",
    );
    assert.equal(netns.sysctl?.get("net/core/somaxconn"), "17");
    assert.equal(netns.sysctl.get("net/ipv4/conf/lo/rp_filter"), "2");
    assert.deepEqual(netns.listeners, []);
    assert.deepEqual(
      netns.links?.find(({ name }) => name === "lo"),
      { ifindex: 1, name: "lo", mtu: 65_536, isUp: true, hasCarrier: true },
    );
    assert.deepEqual(netns.problems, []);
    const asked = open.snapshots.evidence([], soon());
    assert.deepEqual(
      asked.map((one) => [one.name, one.rose?.get("TcpOutRsts")]),
      [[NAME, 3]],
      "what was asked for is looked at without drops too",
    );
    assert.equal(ownNetns(), statSync("/proc/self/ns/net").ino);
  } finally {
    spawnSync("ip", ["netns", "del", NAME]);
  }
});

test("MachineSnapshots says why it knows nothing of a namespace that is gone, or came later", () => {
  using held = acquire(libcSyscalls, { cost: false, namespaces: true });
  using open = openSnapshots(libcSyscalls, { held, btf: openKernelBtf() }, [1]);
  finish(open.snapshots.start());
  const [netns] = open.snapshots.evidence(incidentsIn(1, "lo"), soon());
  assert.deepEqual([netns?.rose, netns?.sysctl, netns?.listeners], [undefined, undefined, undefined]);
  assert.deepEqual(netns?.problems, [
    "its counters were not read when the run began",
    "no name and no process leads to it",
  ]);
});

test("MachineSnapshots knows no listening sockets rather than some of them, and says why", () => {
  const record = listenerRecord.encode({ ...LISTENER, family: AF_INET });
  const evidenceOf = (walk: () => Uint8Array) =>
    new MachineSnapshots({ entry: undefined, own: ownNetns(), wanted: undefined, walk }).evidence(
      [],
      soon(),
    )[0];
  const few = evidenceOf(() => Buffer.concat(new Array<Uint8Array>(2000).fill(record)));
  assert.equal(few?.listeners?.length, 2000);
  const many = evidenceOf(() => Buffer.concat(new Array<Uint8Array>(20_000).fill(record)));
  assert.equal(many?.listeners, undefined);
  assert.ok(many?.problems.includes("it has 20000 listening sockets: too many to look at"));
  const refused = evidenceOf(() => {
    throw new SyscallError("Cannot list sockets", {
      call: "bpf",
      errno: 1,
      errnoName: "EPERM",
      errnoText: "no",
    });
  });
  assert.equal(refused?.listeners, undefined);
  assert.match(
    refused?.problems.join() ?? "",
    /its listening sockets could not be listed: Cannot list sockets/,
  );
});

test("MachineSnapshots looks for a namespace that came later no longer than it has time", () => {
  let nowMs = 0;
  const finder = {
    paths: new Map(),
    *findNewSteps() {
      for (let file = 0; file < 1_000_000; file += 1) yield;
    },
  };
  const snapshots = new MachineSnapshots({
    entry: { sharedFinder: () => finder } as unknown as NamespaceEntry,
    own: undefined,
    wanted: undefined,
    walk: () => new Uint8Array(0),
    nowMs: () => {
      nowMs += 1;
      return nowMs;
    },
  });
  const [netns] = snapshots.evidence(incidentsIn(7, "lo"), 100);
  assert.ok(nowMs < 500, String(nowMs));
  assert.ok(netns?.problems.includes("there was no time to look at it"));
});
