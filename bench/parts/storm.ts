/**
 * The same drops at full speed under each tool in turn: the sender's speed, and the tool's resources and
 * completeness.
 */
import { rmSync } from "node:fs";
import { CONTENDERS, type Contender } from "../contenders.ts";
import { Lab, speed, WARM_UP } from "../lab.ts";
import { OurTool } from "../our-tool.ts";
import {
  atLeast,
  atMost,
  type BenchOptions,
  type Check,
  type Findings,
  holds,
  markdownTable,
  type Part,
} from "../part.ts";
import { formatNumber, formatSpread, inTurns, median, ratio } from "../statistics.ts";

const DROPS = 500_000;
const DROPS_OF_A_TRY = 50_000;
const MILLION = 1e6;

interface Measured {
  readonly perSecond: number;
  readonly addedNs: number;
  readonly cpuSPerMillion: number;
  readonly rssMb: number;
  readonly peakMb: number;
  /** Share of the drops made; undefined if the tool does not report it. */
  readonly kept: number | undefined;
  /** Whether all our drops were seen. */
  readonly exact: boolean;
}

type Results = ReadonlyMap<Contender, readonly Measured[]>;

export const storm: Part = {
  name: "storm",
  title: "A storm at full speed",
  async run(options) {
    using lab = new Lab();
    const drops = options.quick ? DROPS_OF_A_TRY : DROPS;
    const { kept, failures } = await countKept(lab, drops, options);
    const running = CONTENDERS.filter((contender) => !failures.has(contender));
    const alone: number[] = [];
    const results = await inTurns(options.rounds, running, async (contender, round) => {
      options.progress(`storm: round ${round + 1}, ${contender.name}`);
      // Right before each contender: a machine's speed drifts by more than the cheapest of them costs.
      const alonePerSecond = speed(await lab.flood(drops));
      alone.push(alonePerSecond);
      return await measure(lab, contender, drops, alonePerSecond);
    });
    return findings(drops, alone, results, kept, failures);
  },
};

/** Runs each once with its rows in a file, unmeasured; a peer that does not start here is left out. */
async function countKept(
  lab: Lab,
  drops: number,
  { progress }: BenchOptions,
): Promise<{ kept: Map<Contender, number>; failures: Map<Contender, string> }> {
  const kept = new Map<Contender, number>();
  const failures = new Map<Contender, string>();
  for (const contender of CONTENDERS.filter(({ ours }) => ours !== true)) {
    progress(`storm: what ${contender.name} keeps`);
    try {
      const share = await keptBy(lab, contender, drops);
      if (share !== undefined) kept.set(contender, share);
    } catch (failure) {
      failures.set(contender, failure instanceof Error ? failure.message : String(failure));
    }
  }
  return { kept, failures };
}

async function keptBy(lab: Lab, contender: Contender, drops: number): Promise<number | undefined> {
  const rows = lab.file("rows");
  const said = await lab.withOutput(rows, async (stdout) => {
    await using tool = await contender.start({ netns: lab.netns, file: lab.file("data"), stdout });
    await lab.flood(drops);
    await tool.idle();
    return await tool.end();
  });
  const kept = await contender.countKept?.(rows, said);
  rmSync(rows);
  return kept === undefined ? undefined : kept / drops;
}

async function measure(
  lab: Lab,
  contender: Contender,
  drops: number,
  alonePerSecond: number,
): Promise<Measured> {
  await using tool = await contender.start({ netns: lab.netns, file: lab.file("data") });
  await lab.warmUp(tool);
  const before = tool.usage();
  const perSecond = speed(await lab.flood(drops));
  const after = await tool.idle();
  const own = tool instanceof OurTool ? await tool.result() : undefined;
  await tool.end();
  return {
    perSecond,
    addedNs: 1e9 / perSecond - 1e9 / alonePerSecond,
    cpuSPerMillion: ((after.cpuS - before.cpuS) / drops) * MILLION,
    rssMb: after.rssMb,
    peakMb: after.peakMb,
    kept: own === undefined || contender.kind === "totals" ? undefined : own.shown / (drops + WARM_UP),
    exact: own === undefined || (own.ours === drops + WARM_UP && own.hidden === 0),
  };
}

function findings(
  drops: number,
  alone: readonly number[],
  results: Results,
  kept: ReadonlyMap<Contender, number>,
  failures: ReadonlyMap<Contender, string>,
): Findings {
  const of = <K extends keyof Measured>(contender: Contender, key: K): Measured[K][] =>
    (results.get(contender) ?? []).map((measured) => measured[key]);
  const rows = [...results.keys()].map((contender) => {
    const reference = CONTENDERS.find((other) => other.kind === contender.kind && other.reference === true);
    const share = kept.get(contender) ?? median(of(contender, "kept").map((value) => value ?? Number.NaN));
    return [
      contender.name,
      formatNumber(median(of(contender, "perSecond"))),
      formatSpread(of(contender, "addedNs")),
      reference === undefined
        ? "-"
        : formatNumber(ratio(of(contender, "addedNs"), of(reference, "addedNs")), 3),
      formatNumber(median(of(contender, "cpuSPerMillion")), 2),
      Number.isNaN(share) ? "-" : `${formatNumber(100 * share, 1)} %`,
      `${formatNumber(median(of(contender, "rssMb")))}, ${formatNumber(median(of(contender, "peakMb")))}`,
    ];
  });
  return {
    lines: [
      `${formatNumber(drops)} drops as fast as one CPU can make them, ${formatNumber(median(alone))} a`,
      `second without a tool, after ${formatNumber(WARM_UP)} that fill the ring once; rows discarded.`,
      "*Added* is 1/rate with the tool minus 1/rate without it, measured right before, by the kernel's",
      "clock. It is compared with bpftrace printing as much: stacks, rows only, or totals. *Kept* is the",
      "share that was reported; for peers, from a separate run into a file.",
      "",
      ...markdownTable(
        [
          "",
          "drops/s reached",
          "added ns a drop",
          "of bpftrace's",
          "CPU s per million",
          "kept",
          "RSS MB, at most",
        ],
        rows,
      ),
      "",
      ...[...results.keys()].map(({ name, what }) => `- **${name}**: ${what}.`),
      ...[...failures].map(([{ name, what }, why]) => `- **${name}**: ${what}. It does not run here: ${why}`),
    ],
    checks: checksOf(results),
  };
}

function checksOf(results: Results): readonly Check[] {
  const called = (name: string): readonly Measured[] =>
    results.get(CONTENDERS.find((contender) => contender.name === name) as Contender) ?? [];
  const added = (name: string): number[] => called(name).map(({ addedNs }) => addedNs);
  const reached = (name: string): number[] => called(name).map(({ perSecond }) => perSecond);
  const exact = [...results.values()].flat().every((measured) => measured.exact);
  return [
    atMost(
      "added ns with all stacks, of bpftrace's with stacks",
      ratio(added("tcpdrop --stacks all"), added("bpftrace, stacks")),
      0.25,
      3,
    ),
    atMost(
      "added ns without stacks, of bpftrace's without",
      ratio(added("tcpdrop --stacks none"), added("bpftrace, no stacks")),
      0.05,
      3,
    ),
    atMost(
      "added ns of --summary, of bpftrace's plain count",
      ratio(added("tcpdrop --summary"), added("bpftrace, counting")),
      1,
    ),
    atLeast(
      "drops a second under tcpdrop, of those under bpftrace with stacks",
      ratio(reached("tcpdrop"), reached("bpftrace, stacks")),
      8,
    ),
    holds("every drop is seen and accounted for, in each of our runs", exact, exact ? "all" : "not all"),
  ];
}
