/**
 * Listeners and namespaces come and go, and runs are short: refused SYNs are still reported, and nothing is
 * kept open.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { openTrace } from "../../src/index.ts";
import { ADDRESS, Hosts, waitFor } from "../../src/lab/hosts.ts";
import type { TraceItem } from "../../src/model/index.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { MAIN, RunningCommand } from "../cli/command-line.ts";
import { patient } from "../patience.ts";
import { counter, EXACT, expectAll, overfill, refusedEvents, sum } from "./refused.ts";
import { Tracing } from "./tracing.ts";

const LIMIT = { timeout: patient(30_000) };

test("a listener that closed before it was read is reported with its address", LIMIT, async () => {
  await using tracing = await Tracing.open({ path: "loopback", refusedSyns: "counted" });
  const { hosts } = tracing;
  const port = hosts.newPort();
  // One synchronous stretch: no reading comes in between.
  const listener = hosts.listen(4, port, 0);
  overfill(hosts, 4, port);
  const count = counter(hosts.server, "ListenDrops");
  listener[Symbol.dispose]();
  assert.equal(count, 4);
  const { totals } = await tracing.finish();
  const events = refusedEvents(tracing.events);
  assert.deepEqual(
    events.map((event) => [
      event.device?.netns,
      event.detail.count,
      event.site.reason,
      event.detail.atMost,
      event.flow?.daddr,
      event.flow?.dport,
    ]),
    [[hosts.server.inode, count, "ACCEPT_QUEUE_FULL", !EXACT, ADDRESS.server[4], port]],
  );
  assert.equal(totals.refusedSyns?.count, count);
});

test("a listener that appears later, while the trace runs", LIMIT, async () => {
  await using tracing = await Tracing.open({ refusedSyns: "counted" });
  const { hosts } = tracing;
  const [first, second] = [hosts.newPort(), hosts.newPort()];
  hosts.listen(4, first, 0);
  overfill(hosts, 4, first);
  await waitFor(() => (sum(refusedEvents(tracing.events)) >= 4 ? true : undefined), "The first look");
  hosts.listen(4, second, 0);
  overfill(hosts, 4, second, 3);
  overfill(hosts, 4, first, 2);
  await waitFor(() => (sum(refusedEvents(tracing.events)) >= 8 ? true : undefined), "The second look");
  await tracing.finish();
  const events = refusedEvents(tracing.events);
  const of = { netns: hosts.server.inode, daddr: ADDRESS.server[4], cause: "ACCEPT_QUEUE_FULL" } as const;
  expectAll(events, { ...of, dport: first, count: 6 });
  expectAll(events, { ...of, dport: second, count: 2 });
});

test("a namespace that is removed is not kept, and the others are reported", LIMIT, async () => {
  await using tracing = await Tracing.open({ refusedSyns: "counted" });
  const { hosts } = tracing;
  const port = hosts.newPort();
  const listener = hosts.listen(4, port, 0);
  overfill(hosts, 4, port);
  await waitFor(() => (sum(refusedEvents(tracing.events)) >= 4 ? true : undefined), "The first look");
  listener[Symbol.dispose]();
  hosts.server[Symbol.dispose]();
  // Its end of the veth is removed with it, and so is the client's.
  const devices = (): string => hosts.client.run("ip", ["-o", "link"]);
  await waitFor(
    () => (devices().includes(hosts.clientDevice) ? undefined : true),
    "The end of the namespace",
  );
  const other = hosts.own(hosts.client);
  other.run("ip", ["addr", "add", ADDRESS.server[4], "dev", "lo"]);
  const summary = await tracing.finish();
  assert.equal(summary.totals.refusedSyns?.count, 4);
});

test("a namespace that appears while everything is traced: its SYNs are an upper bound", LIMIT, async () => {
  const name = `tcpdrop-late-${process.pid}`;
  const abort = new AbortController();
  const events: TraceItem[] = [];
  const trace = await openTrace({ signal: abort.signal });
  const collected = (async () => {
    for await (const event of trace) events.push(event);
  })();
  assert.equal(spawnSync("ip", ["netns", "add", name]).status, 0);
  try {
    const { stdout, status, stderr } = spawnSync(
      "ip",
      ["netns", "exec", name, process.execPath, "--input-type=module", "-e", REFUSE],
      {
        encoding: "utf8",
        timeout: patient(20_000),
      },
    );
    assert.equal(status, 0, stderr);
    const [inode, count] = stdout.split(" ").map(Number);
    await waitFor(
      () => refusedEvents(events).find(({ device }) => device?.netns === inode),
      "Its first look",
    );
    abort.abort();
    await collected;
    const own = refusedEvents(events).filter(({ device }) => device?.netns === inode);
    assert.ok(count !== undefined && count > 0);
    assert.deepEqual([sum(own), own.every(({ detail }) => detail.atMost)], [count, true]);
  } finally {
    abort.abort();
    assert.equal(spawnSync("ip", ["netns", "del", name]).status, 0);
  }
});

/** A listener that does not accept, with its own clients; prints the inode number and ListenDrops. */
const REFUSE = `
import { readFileSync, statSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { connectTcp, listenTcp } from ${JSON.stringify(import.meta.resolve("../../src/sys/sockets.js"))};
spawnSync("ip", ["link", "set", "lo", "up"]);
const to = { address: Uint8Array.of(127, 0, 0, 1), port: 5555 };
const listener = listenTcp(to, 0);
const clients = Array.from({ length: 5 }, () => connectTcp(to));
const [names, values] = readFileSync("/proc/self/net/netstat", "utf8").split("\\n").map((line) => line.split(" "));
process.stdout.write(statSync("/proc/self/ns/net").ino + " " + values[names.indexOf("ListenDrops")]);`;

test(
  "a run that ends before its first reading reports; --netns finds a namespace held by a descriptor",
  LIMIT,
  async () => {
    using hosts = new Hosts(libcSyscalls);
    await using command = new RunningCommand([
      "--netns",
      String(hosts.server.inode),
      "--format",
      "json",
      "--listeners",
      "count",
    ]);
    await command.attached();
    const port = hosts.newPort();
    hosts.listen(4, port, 0);
    overfill(hosts, 4, port);
    const { code } = await command.end("SIGINT");
    assert.equal(code, EXIT.done);
    const lines = command.stdout
      .split("\n")
      .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
    const refused = lines.filter((line) => line["type"] === "refused");
    assert.deepEqual(
      refused.map(({ source, count, daddr, dport, state, cause, at_most }) => ({
        source,
        count,
        daddr,
        dport,
        state,
        cause,
        at_most,
      })),
      [
        {
          source: "listener",
          count: 4,
          daddr: ADDRESS.server[4],
          dport: port,
          state: "LISTEN",
          cause: "ACCEPT_QUEUE_FULL",
          at_most: !EXACT,
        },
      ],
    );
    assert.deepEqual(
      [lines.at(-1)?.["refused_syns"], lines.at(-1)?.["refused_by_cause"]],
      [4, { ACCEPT_QUEUE_FULL: 4 }],
    );
    assert.match(
      command.stderr,
      /refused SYNs: (?:at most )?4\nSYNs refused by listening sockets, by cause:\n {2}4 {2}ACCEPT_QUEUE_FULL /,
    );
  },
);

test(
  "without the right to enter a namespace, the run goes on, and says once that its SYNs are not counted",
  LIMIT,
  async () => {
    using hosts = new Hosts(libcSyscalls);
    const words = [
      "--bounding-set",
      "-sys_admin",
      process.execPath,
      MAIN,
      "--netns",
      String(hosts.server.inode),
      "--format",
      "json",
      "--listeners",
      "count",
    ];
    await using command = new RunningCommand([], "setpriv", words);
    await command.attached();
    hosts.connect(4, hosts.newPort());
    await waitFor(() => (command.stdout.includes("NO_SOCKET") ? true : undefined), "A drop");
    const { code } = await command.end("SIGINT");
    assert.equal(code, EXIT.done);
    assert.equal(
      command.stderr.match(/are not counted: Cannot enter a network namespace: operation not permitted/g)
        ?.length,
      1,
      command.stderr,
    );
    assert.ok(!command.stdout.includes("refused_syns"), "what was not watched is absent, not 0");
  },
);

test("with --no-listeners nothing is reported, and no program for it is loaded", LIMIT, async () => {
  await using tracing = await Tracing.open({ refusedSyns: false });
  const { hosts } = tracing;
  const port = hosts.newPort();
  hosts.listen(4, port, 0);
  overfill(hosts, 4, port);
  await waitFor(() => (counter(hosts.server, "ListenDrops") >= 4 ? true : undefined), "Four refused SYNs");
  const { totals } = await tracing.finish();
  assert.deepEqual([refusedEvents(tracing.events), totals.refusedSyns], [[], undefined]);
});

for (const family of [4, 6] as const)
  test(`with IPv${family} alone, listeners of the other family are not reported`, LIMIT, async () => {
    await using tracing = await Tracing.open({ families: family, refusedSyns: "counted" });
    const { hosts } = tracing;
    const ports = { 4: hosts.newPort(), 6: hosts.newPort() };
    for (const one of [4, 6] as const) {
      hosts.listen(one, ports[one], 0);
      overfill(hosts, one, ports[one]);
    }
    await waitFor(() => (counter(hosts.server, "ListenDrops") >= 8 ? true : undefined), "Eight refused SYNs");
    await tracing.finish();
    const events = refusedEvents(tracing.events);
    assert.deepEqual([sum(events), events.map(({ flow }) => flow?.ip)], [4, [family]]);
  });
