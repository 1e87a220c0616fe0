/** What --for chooses of real processes, cgroups and network namespaces, and which real drops are then shown. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { readProcessAddresses } from "../../src/host/process-addresses.ts";
import { type DropEvent, findTarget, openTrace, type TraceOptions } from "../../src/index.ts";
import { ADDRESS, addressBytes, Hosts, SERVER } from "../../src/lab/hosts.ts";
import { SYN, segmentToServer } from "../../src/lab/segments.ts";
import type { OwnedFd } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { Scope } from "../../src/sys/scope.ts";
import { connectTcp } from "../../src/sys/sockets.ts";
import { candidatesFor } from "../../src/target/candidates.ts";
import { planFor } from "../../src/target/plan.ts";
import { surveyMachine } from "../../src/target/survey.ts";
import { RunningCommand, runCommand } from "../cli/command-line.ts";
import { patient } from "../patience.ts";
import { FakeContainer } from "./fake-container.ts";
import { NamedCgroup } from "./named-cgroup.ts";
import { Holding } from "./owned.ts";
import { nftRule } from "./scenarios/rules.ts";

const LIMIT = { timeout: patient(60_000) };
/** 192.0.2.254, on the client's side. */
const ROUTER = 254;
const newId = (): string => randomBytes(32).toString("hex");
const newName = (): string => `tcpdrop-test-${randomBytes(4).toString("hex")}`;

/** Drops that are shown, until there are so many; `make` makes them once it is attached. */
async function shown(options: TraceOptions, count: number, make: () => void): Promise<readonly DropEvent[]> {
  const drops: DropEvent[] = [];
  // A drop whose owner is found too late on a busy machine would be shown, whosever it was.
  const patience = { ownerWaitMs: 10_000, ownerBudgetPercent: 100 };
  await using trace = await openTrace({ ...options, ...patience, stacks: "none", refusedSyns: false });
  make();
  for await (const item of trace) {
    if (item.kind !== "drop") continue;
    drops.push(item);
    if (drops.length === count) break;
  }
  return drops;
}

/** A SYN that nft drops on its way out of the client, again and again, held by another process. */
function heldSyn(hosts: Hosts, scope: Scope, port: number): Holding {
  const to = { address: addressBytes(4, SERVER), port };
  const socket: OwnedFd = hosts.client.inside(() => connectTcp(to));
  const holding = scope.own(new Holding(hosts.client, [socket]));
  socket[Symbol.dispose]();
  return holding;
}

test("a container is found by name and id; all of its network namespace is traced", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  const name = newName();
  using container = await FakeContainer.start(newId(), name, hosts.server);
  const { id } = container;
  for (const text of [name, `container:${name}`, id, id.slice(0, 12), `container:${id.slice(0, 7)}`]) {
    const { what, where, options } = await findTarget(text);
    assert.equal(what, `container ${name} (podman, ${id.slice(0, 12)})`);
    assert.match(where ?? "", new RegExp(`in its network namespace ${hosts.server.inode}`));
    assert(typeof options.filter === "string");
    assert(options.filter.startsWith(`netns ${hosts.server.inode} or host ${ADDRESS.server[4]}`), text);
    assert.equal(options.owners, "process");
  }
  const closed = hosts.newPort();
  const { options } = await findTarget(name, { filter: `dst port ${closed} or dst port ${closed + 1}` });
  const [drop] = await shown(options, 1, () => {
    // Of the other host, by its own rule; then without a socket, in the container's namespace.
    nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${closed + 1} drop`);
    hosts.connect(4, closed + 1);
    hosts.inject({ ...segmentToServer(4, 40_000, closed), seq: 1, flags: SYN });
  });
  assert.deepEqual([drop?.device?.netns, drop?.flow.dport], [hosts.server.inode, closed]);
});

test("what the host forwards to a container is shown where the host drops it", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls, "forwarded");
  const { router } = hosts;
  assert(router !== undefined);
  using container = await FakeContainer.start(newId(), newName(), hosts.server);
  // The router takes the place of the host, which is not ours to set up.
  const survey = { ...surveyMachine(), hostNetns: router.inode };
  const [target] = candidatesFor(survey, ["container"], container.id);
  assert(target !== undefined);
  const { netns, filter } = planFor(target, survey, {
    addressesOf: readProcessAddresses,
    ownNetns: undefined,
  });
  assert.deepEqual(netns, [hosts.server.inode, router.inode]);
  const [otherPort, port] = [hosts.newPort(), hosts.newPort()];
  nftRule(router, "inet", "filter hook forward", `tcp dport ${port} drop`);
  const [drop] = await shown({ netns, filter }, 1, () => {
    // To the router itself, where nobody listens.
    const to = { address: addressBytes(4, ROUTER), port: otherPort };
    hosts.own(hosts.client.inside(() => connectTcp(to)));
    hosts.connect(4, port);
  });
  assert.deepEqual(
    [drop?.device?.netns, drop?.flow.daddr, drop?.flow.dport],
    [router.inode, ADDRESS.server[4], port],
  );
});

test("two containers of one name are listed with what to type, and neither is traced", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  const name = newName();
  using one = await FakeContainer.start(newId(), name, hosts.server);
  using other = await FakeContainer.start(newId(), name, hosts.client);
  await assert.rejects(findTarget(name), (failure: { message: string; hint: string }) => {
    assert.equal(failure.message, `"${name}" may be one of 2`);
    for (const { id } of [one, other])
      assert.match(failure.hint, new RegExp(`container:${id.slice(0, 12)} `));
    return true;
  });
  const found = await findTarget(`container:${other.id.slice(0, 12)}`);
  assert.match(found.where ?? "", new RegExp(String(hosts.client.inode)));
});

test("of a process that shares its network namespace, its own sockets are shown", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  using scope = new Scope();
  nftRule(hosts.client, "inet", "filter hook output", "tcp dport 20000-30000 drop");
  const [wantedPort, otherPort] = [hosts.newPort(), hosts.newPort()];
  heldSyn(hosts, scope, otherPort);
  const wanted = heldSyn(hosts, scope, wantedPort);
  const { what, notes, options } = await findTarget(String(wanted.pid));
  assert.equal(what, `process sleep[${wanted.pid}]`);
  assert.deepEqual([options.netns, options.filter], [[hosts.client.inode], `pid ${wanted.pid}`]);
  assert.deepEqual(notes, ["What nobody can be found for is shown too: it may be its own"]);
  const drops = await shown(options, 1, () => undefined);
  assert.deepEqual(
    drops.map(({ flow, owner }) => [flow.dport, owner?.process?.pid]),
    [[wantedPort, wanted.pid]],
  );
});

test("a unit in a namespace that was made for others is traced by its name", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  using scope = new Scope();
  const unit = `${newName()}.service`;
  using cgroup = new NamedCgroup(unit);
  nftRule(hosts.client, "inet", "filter hook output", "tcp dport 20000-30000 drop");
  const ports = [hosts.newPort(), hosts.newPort()] as const;
  const older = heldSyn(hosts, scope, ports[0]);
  const inUnit = heldSyn(hosts, scope, ports[1]);
  cgroup.add(inUnit.pid);
  try {
    for (const text of [unit, unit.replace(".service", ""), `unit:${unit}`]) {
      const { what, options } = await findTarget(text);
      assert.equal(what, `unit ${unit}`);
      assert.deepEqual([options.netns, options.filter], [[hosts.client.inode], `unit ${unit}`]);
    }
    const { options } = await findTarget(unit);
    const [drop] = await shown(options, 1, () => undefined);
    assert.deepEqual([drop?.flow.dport, drop?.owner?.workload?.unit], [ports[1], unit]);
    cgroup.add(older.pid);
    const whole = await findTarget(unit);
    assert.match(whole.where ?? "", /^in its network namespace/, "the oldest process there is its own now");
  } finally {
    await inUnit.end();
    await older.end();
  }
});

test("a container in the host's network namespace is traced by its name", LIMIT, async () => {
  const name = newName();
  using _container = await FakeContainer.start(newId(), name);
  const { options } = await findTarget(name);
  assert.equal(options.filter, `container ${name}`);
});

test("HOST:PORT is both directions", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  const port = hosts.newPort();
  const { options } = await findTarget(`${ADDRESS.server[4]}:${port}`, { netns: hosts.server.inode });
  const drops = await shown(options, 1, () => {
    hosts.inject({ ...segmentToServer(4, port, port + 1), seq: 1, flags: SYN });
    hosts.inject({ ...segmentToServer(4, 40_000, port), seq: 1, flags: SYN });
  });
  assert.deepEqual(
    drops.map(({ flow }) => [flow.sport, flow.dport]),
    [[40_000, port]],
  );
});

test("the command line says what it chose, and ends when the container does", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  const name = newName();
  using container = await FakeContainer.start(newId(), name, hosts.server);
  await using command = new RunningCommand(["--for", name, "--no-stack"]);
  await command.attached();
  await container.stop();
  hosts[Symbol.dispose]();
  const { code } = await command.end();
  assert.equal(code, EXIT.done, command.stderr);
  assert.match(
    command.stderr,
    new RegExp(`for container ${name} \\(podman, [0-9a-f]{12}\\), in its network`),
  );
  assert.match(command.stderr, /The run ends, for network namespace \d+ of container \S+ \(.*\) is gone/);
});

test("a hostile name is never shown raw, and never read as a filter", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  const name = "\u001b[31m' or \"true\u202e";
  using container = await FakeContainer.start(newId(), name);
  using inside = await FakeContainer.start(newId(), name, hosts.server);
  const { what, options } = await findTarget(`container:${container.id.slice(0, 12)}`);
  assert.equal(options.filter, `container ${container.id.slice(0, 12)}`);
  assert.doesNotMatch(what, /[^\x20-\x7e]/);
  const listed = runCommand("--for", name);
  assert.equal(listed.status, EXIT.usage);
  assert.match(listed.stderr, new RegExp(`container:${inside.id.slice(0, 12)}`));
  const near = runCommand("--for", "container:\u001b[31m' or \"tru");
  assert.equal(near.status, EXIT.usage);
  for (const { stderr } of [listed, near]) assert.doesNotMatch(stderr, /[^\x20-\x7e\n]/);
});
