/** Filters by user and by cgroup: what the kernel accepts, user space accepts of the same drops. */
import assert from "node:assert/strict";
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { after, before, describe, test } from "node:test";
import { openKernelBtf } from "../../src/btf/index.ts";
import { ReasonNames } from "../../src/enrich/reason-names.ts";
import { acceptsRest } from "../../src/filter/rest.ts";
import { parseFilter } from "../../src/filter-language/index.ts";
import { addressBytes, Hosts, SERVER } from "../../src/lab/hosts.ts";
import type { Event } from "../../src/model/index.ts";
import { filterHere } from "../../src/source/filter-here.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { connectTcp } from "../../src/sys/sockets.ts";
import { patient } from "../patience.ts";
import { IdentifiedDrops } from "./identified.ts";
import { Cgroup } from "./scenarios/cgroup.ts";
import { nftRule } from "./scenarios/rules.ts";

const UID = 54_321;
const LIMIT = { timeout: patient(60_000) };
/** Who connects, each to a port of their own. */
const CLIENTS = ["root", "somebody", "in the cgroup", "below it", "below it, made later"] as const;
type Client = (typeof CLIENTS)[number];

/** Of the clients, who is accepted; `@` is the cgroup's path. */
const FILTERS: Readonly<Record<string, readonly Client[]>> = {
  "uid 0": ["root", "in the cgroup", "below it", "below it, made later"],
  [`uid ${UID}`]: ["somebody"],
  [`not uid 0`]: ["somebody"],
  [`uid 1 or ${UID}`]: ["somebody"],
  "cgroup '@'": ["in the cgroup", "below it", "below it, made later"],
  "not cgroup '@'": ["root", "somebody"],
  "cgroup '@/inner'": ["below it"],
  "cgroup '@' and not cgroup '@/inner'": ["in the cgroup", "below it, made later"],
  "cgroup /": CLIENTS,
  [`cgroup '@' or uid ${UID}`]: ["somebody", "in the cgroup", "below it", "below it, made later"],
  // User space decides, with what the kernel told.
  "class copy or cgroup '@/inner'": ["below it"],
  [`class loss and uid ${UID}`]: ["somebody"],
};

describe("a filter by owner", () => {
  let hosts: Hosts;
  let cgroup: Cgroup;
  const ports = new Map<number, Client>();

  before(() => {
    hosts = new Hosts(libcSyscalls);
    cgroup = new Cgroup("");
    mkdirSync(`${cgroup.path}/inner`);
    nftRule(hosts.client, "inet", "filter hook output", "tcp dport 20000-30000 drop");
  });
  after(() => {
    hosts[Symbol.dispose]();
    rmdirSync(`${cgroup.path}/inner`);
    cgroup[Symbol.dispose]();
  });

  /** Each sends a SYN, which is dropped on its way out. */
  function connectAll(): void {
    const later = `${cgroup.path}/later`;
    mkdirSync(later);
    const ways: Readonly<Record<Client, (make: () => void) => void>> = {
      root: (make) => make(),
      somebody: (make) => asUid(UID, make),
      "in the cgroup": (make) => cgroup.inside(make),
      "below it": (make) => within(`${cgroup.path}/inner`, make),
      "below it, made later": (make) => within(later, make),
    };
    for (const client of CLIENTS) {
      const port = hosts.newPort();
      ports.set(port, client);
      // The namespace is entered before rights are given up.
      hosts.client.inside(() =>
        ways[client](() => connectTcp({ address: addressBytes(4, SERVER), port })[Symbol.dispose]()),
      );
    }
    rmdirSync(later);
  }

  /** The folder that the cgroup's path is below, as /proc/self/mountinfo has it, is not a part of it. */
  const textOf = (filter: string): string => filter.replaceAll("@", cgroup.group);

  const clientOf = ({ flow }: Event): Client | undefined => ports.get(flow?.dport ?? 0);

  for (const [filter, wanted] of Object.entries(FILTERS))
    test(filter, LIMIT, async () => {
      const parsed = parseFilter(textOf(filter));
      const netns = [hosts.client.inode];
      using filtered = new IdentifiedDrops({ netns, owners: "none", filter: parsed });
      using all = new IdentifiedDrops({ netns });
      const plan = filterHere(parsed, ReasonNames.of(openKernelBtf()), true);
      const here = acceptsRest(plan, false);
      const rest = acceptsRest(plan, true);
      connectAll();
      const events = (await all.rest(CLIENTS.length)).filter((event) => clientOf(event) !== undefined);
      assert.deepEqual(events.map(clientOf), CLIENTS);
      const sent = (await filtered.rest(0)).filter(rest);
      assert.deepEqual(sent.map(clientOf), wanted, "by the kernel");
      // What was made after the filter may be anybody's, here.
      const isCertain = (client: Client | undefined): boolean => client !== "below it, made later";
      assert.deepEqual(events.filter(here).map(clientOf).filter(isCertain), wanted.filter(isCertain), "here");
    });
});

test("a filter by a cgroup that is not there says so", () => {
  const filter = parseFilter("cgroup no/such/cgroup");
  assert.throws(() => filterHere(filter, ReasonNames.of(openKernelBtf()), true), {
    name: "FilterError",
    message: /There is no cgroup \/no\/such\/cgroup/,
  });
});

function asUid(uid: number, run: () => void): void {
  process.seteuid?.(uid);
  try {
    run();
  } finally {
    process.seteuid?.(0);
  }
}

function within(path: string, run: () => void): void {
  writeFileSync(`${path}/cgroup.procs`, "0");
  try {
    run();
  } finally {
    writeFileSync(`${dirname(dirname(path))}/cgroup.procs`, "0");
  }
}
