/** `tcpdrop reconcile`, and the counters at the end of a trace of one namespace. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { Hosts } from "../../src/lab/hosts.ts";
import { SCENES, type Scene } from "../../src/lab/scenes.ts";
import { SYN } from "../../src/lab/segments.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { RunningCommand } from "../cli/command-line.ts";
import { LIMIT, NOISE, toServer } from "./reconciled.ts";
import { overfill } from "./refused.ts";
import { resets } from "./storm.ts";

const scene = (name: string): Scene => SCENES.find((one) => one.name === name) ?? assert.fail(name);

for (const words of [["reconcile"], ["--reconcile"]] as const)
  test(`tcpdrop ${words.join("")} --netns: the counters of the namespace, explained`, LIMIT, async () => {
    using hosts = new Hosts(libcSyscalls);
    await using command = new RunningCommand([...words, "--netns", String(hosts.server.inode)]);
    await command.attached();
    await scene("wrong-checksum-v4").run(hosts);
    await scene("rp-filter").run(hosts);
    const { code } = await command.end("SIGINT");
    assert.equal(code, EXIT.done, command.stderr);
    const table = words[0] === "--reconcile" ? command.stderr : command.stdout;
    assert.match(table, /^TcpInCsumErrors +1 +1 +0 {2}1 TCP_CSUM$/m);
    assert.match(table, /^TcpExtIPReversePathFilter +1 +1 +0 {2}1 IP_RPFILTER$/m);
    assert.match(command.stderr, /counters?/);
  });

for (const words of [["reconcile"], ["--reconcile"]] as const)
  test(
    `tcpdrop ${words.join("")} --netns: refused SYNs are explained by the listening socket`,
    LIMIT,
    async () => {
      using hosts = new Hosts(libcSyscalls);
      await using command = new RunningCommand([...words, "--netns", String(hosts.server.inode)]);
      await command.attached();
      const port = hosts.newPort();
      hosts.listen(4, port, 0);
      overfill(hosts, 4, port);
      const { code } = await command.end("SIGINT");
      assert.equal(code, EXIT.done, command.stderr);
      const table = words[0] === "--reconcile" ? command.stderr : command.stdout;
      for (const name of ["ListenDrops", "ListenOverflows"])
        assert.match(
          table,
          new RegExp(`^TcpExt${name} +4 +4 +0 {2}4 refused SYNs \\(listener: ACCEPT_QUEUE_FULL\\)$`, "m"),
        );
    },
  );

test(
  "tcpdrop reconcile --format json: a line per counter, and one for drops that no counter counts",
  LIMIT,
  async () => {
    using hosts = new Hosts(libcSyscalls);
    hosts.server.run(
      "nft",
      ["-f", "-"],
      "table inet t { chain c { type filter hook input priority 0; tcp dport 7 drop; }; }\n",
    );
    await using command = new RunningCommand([
      "reconcile",
      "--format",
      "json",
      "--netns",
      String(hosts.server.inode),
      "--duration",
      "1m",
    ]);
    await command.attached();
    hosts.inject({ ...toServer(4, 1, 7), flags: SYN });
    await scene("wrong-checksum-v6").run(hosts);
    const { code } = await command.end("SIGTERM");
    assert.equal(code, EXIT.done, command.stderr);
    const lines = command.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const netns = hosts.server.inode;
    const explained = (reason: string) => [{ source: "kfree_skb", reason, count: 1, of: 1 }];
    assert.deepEqual(
      lines.filter(({ counter }) => !NOISE.includes(String(counter))),
      [
        ...["TcpInErrs", "TcpInCsumErrors"].map((counter) => ({
          type: "reconcile",
          netns,
          counter,
          rise: 1,
          unit: "skbs",
          explained: 1,
          explained_by: explained("TCP_CSUM"),
          difference: 0,
          uncertain: 0,
        })),
        { type: "reconcile", netns, unit: "skbs", explained: 1, explained_by: explained("NETFILTER_DROP") },
      ],
    );
  },
);

test("tcpdrop reconcile --duration ends by itself, and says if nothing rose", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using command = new RunningCommand([
    "reconcile",
    "--netns",
    String(hosts.client.inode),
    "--duration",
    "100ms",
  ]);
  const { code } = await command.end();
  assert.equal(code, EXIT.done, command.stderr);
  assert.match(command.stdout, /^(No drop counter rose, and nothing was dropped\.$|COUNTER)/m);
});

test("a trace of one namespace does not mention counters unasked", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using command = new RunningCommand(["--count", "1", "--netns", String(hosts.server.inode)]);
  await command.attached();
  hosts.injectAll(resets(0, 5));
  const { code } = await command.end();
  assert.equal(code, EXIT.done, command.stderr);
  assert.doesNotMatch(command.stderr, /counter|reconcile/i);
});
