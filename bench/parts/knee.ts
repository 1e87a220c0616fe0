/** The knee: the highest rate without loss, for each output, found by bisection. */
import { Lab } from "../lab.ts";
import { OurTool } from "../our-tool.ts";
import { type BenchOptions, type Findings, markdownTable, type Part } from "../part.ts";
import { formatNumber, halveByRatio, inTurns, median } from "../statistics.ts";

/** Long enough to exceed what the ring can absorb: some 90,000 records without stacks, 45,000 with them. */
const FLOOD_S = 5;
const FLOOD_S_OF_A_TRY = 1;
const LOWEST = 20_000;
const HIGHEST = 1_500_000;
/** The ratio at which bisection ends. */
const PRECISION = 1.1;
const PRECISION_OF_A_TRY = 1.5;

interface Output {
  readonly format: string;
  readonly stacks: string;
}

const OUTPUTS: readonly Output[] = ["table", "json"].flatMap((format) =>
  ["none", "auto", "all"].map((stacks) => ({ format, stacks })),
);

interface Tried {
  readonly asked: number;
  readonly reached: number;
  readonly lossless: boolean;
}

export const knee: Part = {
  name: "knee",
  title: "The highest rate without loss",
  async run(options) {
    using lab = new Lab();
    const results = await inTurns(options.rounds, OUTPUTS, (output, round) => {
      options.progress(`knee: round ${round + 1}, ${output.format}, stacks ${output.stacks}`);
      return findKnee(lab, output, options);
    });
    return findings(results);
  },
};

/** Bisects between a rate without loss and one that loses, or that the sender does not reach. */
async function findKnee(lab: Lab, output: Output, { quick }: BenchOptions): Promise<number> {
  let fine = 0;
  await halveByRatio(LOWEST, HIGHEST, quick ? PRECISION_OF_A_TRY : PRECISION, async (rate) => {
    const tried = await attempt(lab, output, Math.round(rate), quick ? FLOOD_S_OF_A_TRY : FLOOD_S);
    if (tried.lossless) fine = Math.max(fine, tried.reached);
    // If the sender cannot keep up, a higher target changes nothing.
    return tried.lossless && tried.reached > 0.97 * tried.asked;
  });
  return fine;
}

async function attempt(lab: Lab, { format, stacks }: Output, asked: number, seconds: number): Promise<Tried> {
  await using tool = await OurTool.start(lab.netns, ["--format", format, "--stacks", stacks]);
  const { sent, tookMs } = await lab.flood(asked * seconds, { perSecond: asked, limitMs: seconds * 1000 });
  await tool.idle();
  const { lost, unread } = await tool.result();
  return { asked, reached: (sent / tookMs) * 1000, lossless: lost + unread === 0 };
}

function findings(results: ReadonlyMap<Output, readonly number[]>): Findings {
  const of = (format: string, stacks: string): string => {
    const found =
      [...results].find(([output]) => output.format === format && output.stacks === stacks)?.[1] ?? [];
    return formatNumber(Math.round(median(found) / 1000) * 1000);
  };
  return {
    lines: [
      `Drops a second, for ${FLOOD_S} seconds, without loss; rows discarded. Bisected to`,
      `${Math.round((PRECISION - 1) * 100)} %. The sender makes them in bursts of some 25 ms, at full speed.`,
      "",
      ...markdownTable(
        ["", "`--stacks none`", "`--stacks auto`", "`--stacks all`"],
        ["table", "json"].map((format) => [
          format,
          of(format, "none"),
          of(format, "auto"),
          of(format, "all"),
        ]),
      ),
    ],
    checks: [],
  };
}
