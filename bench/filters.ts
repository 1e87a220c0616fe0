/**
 * What a filter costs the kernel for each rejected drop, and how long a large one takes to load.
 *
 *     node dist/bench/filters.js [DROPS]
 *
 * Needs root. A device in a network namespace of this process receives segments to a closed port, which every
 * filter but the first rejects. All programs are attached at the same time, and the kernel measures each of
 * them (BPF_ENABLE_STATS); bpftrace, if installed, runs the same filter on tracepoint:skb:kfree_skb where it
 * can. A row is the minimum of several bursts.
 */
import { spawnSync } from "node:child_process";
import { enableRunStatistics, programInfoById } from "../src/bpf/index.ts";
import { formatIp4, parseFilter } from "../src/filter-language/index.ts";
import { Hosts } from "../src/lab/hosts.ts";
import { discardSink } from "../src/out/callback-sink.ts";
import type { Run } from "../src/run/run.ts";
import { startRun } from "../src/run/start-run.ts";
import type { LiveSource } from "../src/source/live.ts";
import { openLive } from "../src/source/open-live.ts";
import { libcSyscalls as sys } from "../src/sys/libc.ts";
import { FloodProcess } from "../test/lab/flood-process.ts";
import { EmptyProgram } from "./empty-program.ts";
import { inTracefs } from "./in-tracefs.ts";
import { programsOf } from "./process.ts";
import { pause, ToolProcess } from "./tool-process.ts";

const BURSTS = 5;
/** From "Attached", which it prints too early, to the last probe. */
const ATTACHING_MS = 200;

interface Row {
  readonly title: string;
  /** Undefined: an empty program. "": every drop is sent. */
  readonly filter: string | undefined;
  /** The same for bpftrace: a condition on $ip and $tcp. */
  readonly bpftrace?: string;
}

const TWENTY = Array.from({ length: 20 }, (_unused, index) => 1000 + 7 * index);
/** bpftrace compares values in network byte order. */
const be16 = (port: number): number => ((port & 0xff) << 8) | (port >> 8);
const isPort = (port: number): string => `$tcp->source == ${be16(port)} || $tcp->dest == ${be16(port)}`;

const ROWS: readonly Row[] = [
  { title: "an empty program", filter: undefined },
  { title: "no filter: each is sent, without a stack", filter: "" },
  { title: "ip6", filter: "ip6" },
  { title: "port 443", filter: "port 443", bpftrace: isPort(443) },
  {
    title: "host 10.0.0.1 and port 443",
    filter: "host 10.0.0.1 and port 443",
    bpftrace: `($ip->saddr == 0x0100000a || $ip->daddr == 0x0100000a) && (${isPort(443)})`,
  },
  {
    title: "host 192.0.2.1 and port 443",
    filter: "host 192.0.2.1 and port 443",
    bpftrace: `($ip->saddr == 0x010200c0 || $ip->daddr == 0x010200c0) && (${isPort(443)})`,
  },
  { title: "20 ports", filter: `port ${TWENTY.join(" or ")}`, bpftrace: TWENTY.map(isPort).join(" || ") },
  {
    title: "10,000 prefixes in 10.0.0.0/8",
    filter: `net ${Array.from({ length: 10_000 }, (_unused, index) => `${formatIp4(0x0a00_0000 + 512 * index)}/24`).join(" or ")}`,
  },
  {
    title: "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn",
    filter: "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn",
  },
  {
    title: "tcp[(tcp[12] >> 4) * 4:4] == 0x47455420",
    filter: "tcp[(tcp[12] >> 4) * 4:4] == 0x47455420 or ip6",
  },
  { title: "reason TCP_CSUM", filter: "reason TCP_CSUM" },
  { title: "cpu-comm nginx", filter: "cpu-comm nginx" },
  { title: "state ESTABLISHED", filter: "state ESTABLISHED" },
  { title: "iface eth7", filter: "iface eth7" },
];

const drops = Number(process.argv[2] ?? 50_000);
const haveBpftrace = spawnSync("bpftrace", ["--version"]).status === 0;
using hosts = new Hosts(sys);

/** Programs attached together: the kernel measures each of them. */
interface Measured {
  readonly row: Row;
  readonly ours: Meter;
  readonly theirs: Meter | undefined;
}
interface Meter {
  readonly read: () => { readonly runTimeNs: bigint; readonly runCount: bigint };
  readonly costsNs: number[];
  readonly end: () => Promise<unknown>;
}

const measured: Measured[] = [];
for (const row of ROWS) {
  const theirs = row.bpftrace === undefined || !haveBpftrace ? undefined : await openBpftrace(row.bpftrace);
  measured.push({ row, ours: openOurs(row), theirs });
}
for (let burst = 0; burst < BURSTS; burst += 1)
  await measureBurst(
    measured.flatMap(({ ours, theirs }) => (theirs === undefined ? [ours] : [ours, theirs])),
  );
for (const { ours, theirs } of measured) {
  await ours.end();
  await theirs?.end();
}

process.stdout.write(
  `${"ns for each drop, the least of ".padEnd(30)}${BURSTS} bursts of ${drops}${" ".repeat(8)}tcpdrop   bpftrace\n`,
);
for (const { row, ours, theirs } of measured)
  process.stdout.write(
    `${row.title.padEnd(50)}${cell(ours.costsNs)}${theirs === undefined ? "          -" : `  ${cell(theirs.costsNs)}`}\n`,
  );
process.stdout.write(`\n${"loading".padEnd(50)}${"verified".padStart(9)}${"ms".padStart(9)}\n`);
for (const [title, filter] of [
  ["no filter", ""],
  ["500 ports", `port ${Array.from({ length: 500 }, (_unused, index) => 1 + 2 * index).join(" or ")}`],
  ...[100, 1000, 3000].map(relations),
] as const) {
  const startedMs = performance.now();
  const { source, run } = openFiltered(filter);
  const { verifiedInstructions, filters } = source.facts;
  process.stdout.write(
    title.padEnd(50) +
      String(verifiedInstructions).padStart(9) +
      (performance.now() - startedMs).toFixed(0).padStart(9) +
      `${filter === "" || filters ? "" : "  evaluated in user space"}\n`,
  );
  await run[Symbol.asyncDispose]();
}

/** No two comparisons are the same, so that none are merged. */
function relations(count: number): readonly [string, string] {
  return [
    `${count} comparisons`,
    Array.from({ length: count }, (_unused, index) => `tcp[13] & ${index & 255} == ${index >> 8}`).join(
      " or ",
    ),
  ];
}

function cell(values: readonly number[]): string {
  return Math.min(...values)
    .toFixed(0)
    .padStart(9);
}

function openFiltered(filter: string): { readonly source: LiveSource; readonly run: Run } {
  const parsed = filter === "" ? undefined : parseFilter(filter);
  // Rejected drops take no room.
  const bufferBytes = filter === "" ? 1 << 26 : 1 << 16;
  const live = openLive({
    netns: [hosts.server.inode],
    stacks: "none",
    listeners: false,
    all: true,
    filter: parsed,
    bufferBytes,
    cost: true,
  });
  return { source: live.source, run: startRun(live.source, { ...live, sinks: [discardSink()] }) };
}

function openOurs({ filter }: Row): Meter {
  if (filter === undefined) {
    const empty = new EmptyProgram();
    return {
      read: () => programInfoById(sys, empty.id),
      costsNs: [],
      end: () => Promise.resolve(empty[Symbol.dispose]()),
    };
  }
  const { source, run } = openFiltered(filter);
  const end = async (): Promise<void> => {
    await run.end();
    await run[Symbol.asyncDispose]();
  };
  const read = (): ReturnType<Meter["read"]> => {
    const { programNs = 0, programRuns = 0 } = source.cost() ?? {};
    return { runTimeNs: BigInt(programNs), runCount: BigInt(programRuns) };
  };
  return { read, costsNs: [], end };
}

async function openBpftrace(condition: string): Promise<Meter> {
  const script = `BEGIN { printf("Attached\\n"); }
tracepoint:skb:kfree_skb {
  $skb = (struct sk_buff *)args->skbaddr; $ip = (struct iphdr *)($skb->head + $skb->network_header);
  if ($ip->version == 4 && $ip->protocol == 6) { $tcp = (struct tcphdr *)($skb->head + $skb->network_header + 4 * $ip->ihl); if (${condition}) { @accepted = count(); } }
}`;
  const tool = new ToolProcess({
    command: inTracefs("bpftrace", "-B", "line", "-e", script),
    stdout: "pipe",
  });
  await tool.says("Attached");
  await pause(ATTACHING_MS);
  const ids = programsOf(tool.pid);
  // BEGIN is a probe too, and has run already.
  const sum = (field: "runTimeNs" | "runCount"): bigint =>
    ids.reduce((total, id) => total + programInfoById(sys, id)[field], 0n);
  return {
    read: () => ({ runTimeNs: sum("runTimeNs"), runCount: sum("runCount") }),
    costsNs: [],
    end: () => tool.end(),
  };
}

/** Includes what else is dropped on this machine meanwhile, which is little. */
async function measureBurst(meters: readonly Meter[]): Promise<void> {
  await using flood = await FloodProcess.start(hosts, { count: drops, limitMs: 60_000 });
  using _statistics = enableRunStatistics(sys);
  const before = meters.map((meter) => meter.read());
  flood.go();
  await flood.done();
  for (const [index, meter] of meters.entries()) {
    const [{ runTimeNs, runCount }, start] = [meter.read(), before[index] ?? { runTimeNs: 0n, runCount: 0n }];
    meter.costsNs.push(Number(runTimeNs - start.runTimeNs) / Number(runCount - start.runCount));
  }
}
