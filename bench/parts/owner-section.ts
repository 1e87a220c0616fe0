/**
 * What it costs a drop that its record says whose the socket is: the program with and without that section, on
 * the same drops of a connection, measured by the kernel.
 *
 * Which of the two runs first takes the caches' misses, so that they take turns.
 */
import { fstatSync } from "node:fs";
import {
  attach,
  BpfMap,
  enableRunStatistics,
  KernelTypes,
  Program,
  RingBuffer,
} from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { ANSWER } from "../../src/capture/core/filter-steps/index.ts";
import { ringMap } from "../../src/capture/core/ring-map.ts";
import { siteKey, siteTotal } from "../../src/capture/kinds/drop/cpu-memory.ts";
import { dropDesign } from "../../src/capture/kinds/drop/drop-program.ts";
import { writeAnswers } from "../../src/capture/kinds/drop/owner-answers.ts";
import { prepareOwners } from "../../src/capture/kinds/drop/owner-totals.ts";
import { PLAIN_REQUEST, type ProbeRequest } from "../../src/capture/kinds/drop/request.ts";
import { planFilter } from "../../src/filter/index.ts";
import { parseFilter } from "../../src/filter-language/index.ts";
import { possibleCpus } from "../../src/host/cpus.ts";
import { Hosts } from "../../src/lab/hosts.ts";
import { PSH_ACK, segmentToServer } from "../../src/lab/segments.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import { Scope } from "../../src/sys/scope.ts";
import type { Findings, Part } from "../part.ts";
import { markdownTable } from "../part.ts";
import { formatSpread, median } from "../statistics.ts";

const BURST = 2_000;
const AT_ONCE = 50;
/** Room for all records of a burst. */
const RING_BYTES = 1 << 21;

const UNIT = planFilter(parseFilter("unit no-such"), { reasons: true }).kernel;
const WITHOUT: Partial<ProbeRequest> = { stacks: "none" };
const PAIRS: Readonly<Record<string, readonly [Partial<ProbeRequest>, Partial<ProbeRequest>]>> = {
  "the section `owner`": [WITHOUT, { ...WITHOUT, owners: true }],
  "totals alone, by cgroup too": [{ rows: false }, { rows: false, ownerTotals: true }],
  "records, and totals by cgroup too": [
    { ...WITHOUT, owners: true },
    { ...WITHOUT, owners: true, ownerTotals: true },
  ],
  "a filter by unit, of which nothing is known": [
    { ...WITHOUT, owners: true },
    { ...WITHOUT, owners: true, filter: UNIT, answersBy: "cgroupId" },
  ],
  "a filter by unit, that is known to reject": [
    { ...WITHOUT, owners: true },
    { ...WITHOUT, owners: true, filter: UNIT, answersBy: "inode" },
  ],
};
/** The bench's own sockets are not of this unit. */
const REJECTED_BY: ProbeRequest["answersBy"] = "inode";

export const ownerSection: Part = {
  name: "owner-section",
  title: "What it costs that a record says whose the socket is",
  async run({ rounds, progress }) {
    using hosts = new Hosts(sys);
    const { server, clientPort, serverPort, clientSeq, serverSeq } = await hosts.establish(
      4,
      hosts.newPort(),
    );
    const { ino: inode } = fstatSync(server.fd, { bigint: true });
    const segment = {
      ...segmentToServer(4, clientPort, serverPort),
      seq: clientSeq,
      // From before the connection: it is always dropped.
      ack: (serverSeq - 1000) >>> 0,
      flags: PSH_ACK,
      payload: Buffer.from("old"),
    };
    const flood = async (): Promise<void> => {
      for (let made = 0; made < BURST; made += AT_ONCE) {
        hosts.injectAll(Array.from({ length: AT_ONCE }, () => segment));
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const rows: string[][] = [];
    for (const [name, pair] of Object.entries(PAIRS)) {
      const both: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round += 1) {
        progress(`owner-section: round ${round + 1}, ${name}`);
        const order = round % 2 === 0 ? [0, 1] : [1, 0];
        const ns = await measure(
          order.map((at) => pair[at] ?? {}),
          { netns: hosts.server.inode, inode },
          flood,
        );
        for (const [index, at] of order.entries()) both[at === 0 ? 0 : 1].push(ns[index] ?? 0);
      }
      const added = both[1].map((ns, round) => ns - (both[0][round] ?? 0));
      rows.push([name, formatSpread(both[0]), formatSpread(both[1]), median(added).toFixed(0)]);
    }
    return findings(rows);
  },
};

const FOR_EVER = 2n ** 62n;

/** Nanoseconds a drop of each program, on the same drops. */
async function measure(
  requests: readonly Partial<ProbeRequest>[],
  { netns, inode }: { readonly netns: number; readonly inode: bigint },
  flood: () => Promise<void>,
): Promise<readonly number[]> {
  using scope = new Scope();
  const loaded = requests.map((request) =>
    load(scope, { ...PLAIN_REQUEST, netns: [netns], ...request }, inode),
  );
  await flood();
  for (const { ring } of loaded) ring.drain(() => undefined);
  const before = loaded.map(({ program }) => program.info());
  using _statistics = enableRunStatistics(sys);
  await flood();
  return loaded.map(({ program }, index) => {
    const { runTimeNs } = program.info();
    return Number(runTimeNs - (before[index]?.runTimeNs ?? 0n)) / BURST;
  });
}

function load(
  scope: Scope,
  request: ProbeRequest,
  inode: bigint,
): { readonly program: Program; readonly ring: RingBuffer } {
  const btf = openKernelBtf();
  const { maps, program: specOf } = dropDesign(new KernelTypes(btf), request, ringMap(RING_BYTES));
  const created = BpfMap.createAll(sys, scope, Object.values(maps), possibleCpus());
  created.get(maps.sites)?.update(siteKey.encode({}), siteTotal.encode({}));
  const owners = maps.owners === undefined ? undefined : created.get(maps.owners);
  if (owners !== undefined) prepareOwners(owners);
  const answers = maps.answers === undefined ? undefined : created.get(maps.answers);
  if (answers !== undefined && request.answersBy === REJECTED_BY)
    writeAnswers(answers, inode, { answers: ANSWER.no(0), untilNs: FOR_EVER });
  const program = scope.own(Program.load(sys, specOf("direct"), btf, created));
  const map = created.get(maps.ring);
  if (map === undefined) throw new Error("The ring is missing");
  const ring = scope.own(new RingBuffer(sys, map, sys.pageSize()));
  scope.own(attach(sys, program));
  return { program, ring };
}

function findings(rows: readonly (readonly string[])[]): Findings {
  return {
    lines: [
      `Run time measured by the kernel (BPF_ENABLE_STATS) for each of ${BURST} drops of a connection, for`,
      "two programs on the same drops, which take turns in running first:",
      "",
      ...markdownTable(
        ["", "ns without", "ns with", "ns added"],
        rows.map((row) => [...row]),
      ),
    ],
    checks: [],
  };
}
