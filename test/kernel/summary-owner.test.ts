/** Totals by owner: exact in a storm, and named after the cgroup is gone. */
import assert from "node:assert/strict";
import { basename } from "node:path";
import { test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { RunningCommand } from "../cli/command-line.ts";
import { FloodProcess } from "../lab/flood-process.ts";
import { patient } from "../patience.ts";
import { Cgroup } from "./scenarios/cgroup.ts";
import { nftRule } from "./scenarios/rules.ts";

const LIMIT = { timeout: patient(120_000) };
/** Segments without a socket. */
const FLOOD = 100_000;
const SYNS = { lasting: 40, passing: 7 } as const;

interface Counted {
  readonly count: number;
  readonly of?: string;
  readonly class?: string;
  readonly owner_unit?: string;
  readonly owner_cgroup?: string;
}
interface Line {
  readonly type: string;
  readonly sites?: readonly Counted[];
  readonly owners?: readonly Counted[];
  readonly by_site?: readonly Counted[];
  readonly by_owner?: readonly Counted[];
  readonly seen: number;
  readonly filtered: number;
  readonly undecodable: number;
}

const sumOf = (counted: readonly Counted[] = []): number =>
  counted.reduce((sum, { count }) => sum + count, 0);
const linesOf = ({ stdout }: RunningCommand): readonly Line[] =>
  stdout
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as Line);

/** SYNs of sockets that are made in the cgroup, dropped on their way out. */
function connectIn(hosts: Hosts, cgroup: Cgroup, port: number, count: number): void {
  for (let left = count; left > 0; left -= 1) cgroup.inside(() => hosts.connect(4, port))[Symbol.dispose]();
}

test(
  "--summary=owner adds up to all drops of a storm, and keeps the name of what is gone",
  LIMIT,
  async () => {
    using hosts = new Hosts(libcSyscalls);
    using lasting = new Cgroup("", ".service");
    const port = hosts.newPort();
    nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${port} drop`);
    await using flood = await FloodProcess.start(hosts, { count: FLOOD });
    const netns = [hosts.client, hosts.server].flatMap(({ inode }) => ["--netns", String(inode)]);
    await using command = new RunningCommand([...netns, "--summary=owner,100ms", "--format", "json"]);
    await command.attached();
    flood.go();
    let gone: string;
    {
      using passing = new Cgroup("", ".service");
      gone = basename(passing.path);
      connectIn(hosts, passing, port, SYNS.passing);
      await waitFor(() => (command.stdout.includes(gone) ? true : undefined), "The owner has its name");
    }
    connectIn(hosts, lasting, port, SYNS.lasting);
    await flood.done();
    const { code } = await command.end("SIGINT");
    assert.equal(code, EXIT.done, command.stderr);

    const lines = linesOf(command);
    const summary = lines.at(-1) ?? assert.fail(command.stdout);
    const { by_owner: owners = [], by_site: sites, seen, filtered, undecodable } = summary;
    assert.equal(sumOf(owners), sumOf(sites));
    assert.equal(sumOf(owners), seen - filtered - undecodable);
    const ofUnit = (unit: string): readonly Counted[] => owners.filter((one) => one.owner_unit === unit);
    assert.deepEqual(
      [gone, basename(lasting.path)].map((unit) =>
        ofUnit(unit).map(({ count, class: name }) => [count, name]),
      ),
      [[[SYNS.passing, "loss"]], [[SYNS.lasting, "loss"]]],
    );
    assert.ok(sumOf(owners.filter(({ of }) => of === "unknown")) >= FLOOD);
    // No total ever falls, of no owner.
    const before = new Map<string, number>();
    for (const line of lines.filter(({ type }) => type === "totals"))
      for (const one of line.owners ?? assert.fail("totals by owner")) {
        const key = [one.of, one.class, one.owner_cgroup].join(" ");
        assert.ok(one.count >= (before.get(key) ?? 0), key);
        before.set(key, one.count);
      }
  },
);

test("--summary=owner ends with the owners in the report, exact", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  using cgroup = new Cgroup("", ".service");
  const port = hosts.newPort();
  nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${port} drop`);
  const netns = ["--netns", String(hosts.client.inode)];
  await using command = new RunningCommand([...netns, "--summary=owner,100ms", "--report"]);
  await command.attached();
  connectIn(hosts, cgroup, port, SYNS.lasting);
  const { code } = await command.end("SIGINT");
  assert.equal(code, EXIT.done, command.stderr);
  const unit = basename(cgroup.path);
  assert.match(command.stdout, new RegExp(`^ +\\S+ +${SYNS.lasting} +[\\d.]+% +loss +~${unit}$`, "m"));
  assert.match(command.stderr, new RegExp(`^by owner: ${SYNS.lasting} probably ${unit}`, "m"));
});

test("the report of rows has all owners, also of drops that were not shown", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  using cgroup = new Cgroup("", ".service");
  const port = hosts.newPort();
  nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${port} drop`);
  const netns = ["--netns", String(hosts.client.inode)];
  await using command = new RunningCommand([
    ...[...netns, "--owners", "cgroup", "--sample", "1/10", "--report", "--no-stack"],
  ]);
  await command.attached();
  connectIn(hosts, cgroup, port, SYNS.lasting);
  const { code } = await command.end("SIGINT");
  assert.equal(code, EXIT.done, command.stderr);
  assert.match(
    command.stderr,
    new RegExp(`^by owner: ${SYNS.lasting} probably ${basename(cgroup.path)}`, "m"),
  );
  assert.match(command.stderr, /^seen \d+ = shown \d+ .*limited [1-9]/m);
});
