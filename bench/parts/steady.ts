/**
 * A steady rate with every stack: nothing is lost, and the CPU time of a million drops, next to bpftrace that
 * prints the same.
 */
import { CONTENDERS, type Contender } from "../contenders.ts";
import { Lab } from "../lab.ts";
import { OurTool } from "../our-tool.ts";
import { atMost, type Findings, holds, markdownTable, type Part } from "../part.ts";
import { formatNumber, formatSpread, inTurns, median, ratio } from "../statistics.ts";

const PER_SECOND = 100_000;
const SECONDS = 60;
const SECONDS_OF_A_TRY = 3;
/** bpftrace slows the sender below that rate; its million is measured over the same time as ours. */
const NAMES = ["bpftrace, stacks", "tcpdrop --stacks all"] as const;

interface Measured {
  readonly perSecond: number;
  readonly cpuSPerMillion: number;
  readonly rssMb: number;
  readonly peakMb: number;
  /** Unknown for bpftrace, whose rows are discarded. */
  readonly lost: number | undefined;
}

export const steady: Part = {
  name: "steady",
  title: "100,000 drops a second for a minute, with all stacks",
  async run({ quick, rounds, progress }) {
    using lab = new Lab();
    const seconds = quick ? SECONDS_OF_A_TRY : SECONDS;
    const results = await inTurns(rounds, NAMES, (name, round) => {
      progress(`steady: round ${round + 1}, ${name}`);
      return measure(lab, CONTENDERS.find((contender) => contender.name === name) as Contender, seconds);
    });
    return findings(seconds, results);
  },
};

async function measure(lab: Lab, contender: Contender, seconds: number): Promise<Measured> {
  await using tool = await contender.start({ netns: lab.netns, file: lab.file("data") });
  const before = await tool.idle();
  const { sent, tookMs } = await lab.flood(PER_SECOND * seconds, {
    perSecond: PER_SECOND,
    limitMs: seconds * 1000,
  });
  const after = await tool.idle();
  const own = tool instanceof OurTool ? await tool.result() : undefined;
  return {
    perSecond: (sent / tookMs) * 1000,
    cpuSPerMillion: ((after.cpuS - before.cpuS) / sent) * 1e6,
    rssMb: after.rssMb,
    peakMb: after.peakMb,
    lost: own === undefined ? undefined : sent - own.shown,
  };
}

function findings(
  seconds: number,
  results: ReadonlyMap<(typeof NAMES)[number], readonly Measured[]>,
): Findings {
  const of = (name: (typeof NAMES)[number]): readonly Measured[] => results.get(name) ?? [];
  const cpu = (name: (typeof NAMES)[number]): number[] =>
    of(name).map(({ cpuSPerMillion }) => cpuSPerMillion);
  const rows = NAMES.map((name) => [
    name,
    formatNumber(median(of(name).map(({ perSecond }) => perSecond))),
    formatSpread(cpu(name), 2),
    of(name)
      .map(({ lost }) => (lost === undefined ? "-" : formatNumber(lost)))
      .join(", "),
    ["rssMb" as const, "peakMb" as const]
      .map((key) => formatNumber(median(of(name).map((measured) => measured[key]))))
      .join(", "),
  ]);
  const [theirs, ours] = NAMES;
  const lost = of(ours).reduce((sum, measured) => sum + (measured.lost ?? 0), 0);
  return {
    lines: [
      `${formatNumber(PER_SECOND)} a second requested, for ${seconds} seconds, contenders in turn; rows`,
      "discarded. CPU seconds are the tool's, user and system, for a million drops made: those that",
      "bpftrace loses make it cheaper.",
      "",
      ...markdownTable(["", "drops/s", "CPU s per million", "lost", "RSS MB, at most"], rows),
    ],
    checks: [
      holds("none is lost", lost === 0, `${lost} lost`),
      atMost("CPU seconds per million, of bpftrace's", ratio(cpu(ours), cpu(theirs)), 0.35),
    ],
  };
}
