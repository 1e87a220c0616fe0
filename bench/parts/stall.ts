/** How long the reader may stall at a steady rate before the default ring loses drops. */
import { DEFAULT_BUFFER_BYTES } from "../../src/settings/request.ts";
import { Lab } from "../lab.ts";
import { OurTool } from "../our-tool.ts";
import { type BenchOptions, type Findings, markdownTable, type Part } from "../part.ts";
import { formatNumber, halveByRatio, inTurns, median } from "../statistics.ts";
import { pause } from "../tool-process.ts";

const PER_SECOND = [20_000, 50_000, 100_000] as const;
const POLICIES = ["none", "all"] as const;
const SHORTEST_MS = 50;
const LONGEST_MS = 6000;
const PRECISION = 1.1;
const PRECISION_OF_A_TRY = 2;
/** Before and after the stall, the reader keeps up. */
const AROUND_MS = 300;

interface Trial {
  readonly perSecond: number;
  readonly policy: (typeof POLICIES)[number];
}

const TRIALS: readonly Trial[] = POLICIES.flatMap((policy) =>
  PER_SECOND.map((perSecond) => ({ perSecond, policy })),
);

export const stall: Part = {
  name: "stall",
  title: "How long the reader may stall",
  async run(options) {
    using lab = new Lab();
    const results = await inTurns(options.rounds, TRIALS, (trial, round) => {
      options.progress(`stall: round ${round + 1}, ${trial.perSecond} a second, stacks ${trial.policy}`);
      return longest(lab, trial, options);
    });
    return findings(results);
  },
};

/** Bisects between a stall without loss and one that loses drops. */
async function longest(lab: Lab, trial: Trial, { quick }: BenchOptions): Promise<number> {
  return await halveByRatio(
    SHORTEST_MS,
    LONGEST_MS,
    quick ? PRECISION_OF_A_TRY : PRECISION,
    async (ms) => !(await loses(lab, trial, ms)),
  );
}

async function loses(lab: Lab, { perSecond, policy }: Trial, ms: number): Promise<boolean> {
  await using tool = await OurTool.start(lab.netns, ["--stacks", policy]);
  const flooded = lab.flood(Math.ceil((perSecond * (ms + 2 * AROUND_MS)) / 1000), { perSecond });
  await pause(AROUND_MS);
  await tool.stall(ms);
  await flooded;
  await tool.idle();
  return (await tool.result()).lost > 0;
}

function findings(results: ReadonlyMap<Trial, readonly number[]>): Findings {
  const of = (perSecond: number, policy: string): string => {
    const found =
      [...results].find(([trial]) => trial.perSecond === perSecond && trial.policy === policy)?.[1] ?? [];
    return `${formatNumber(median(found) / 1000, 2)} s`;
  };
  return {
    lines: [
      `The process is stopped (SIGSTOP) with the default ring of ${DEFAULT_BUFFER_BYTES >> 20} MB: the`,
      `longest stop without loss, bisected to ${Math.round((PRECISION - 1) * 100)} %.`,
      "",
      ...markdownTable(
        ["", ...PER_SECOND.map((rate) => `${formatNumber(rate)}/s`)],
        POLICIES.map((policy) => [`\`--stacks ${policy}\``, ...PER_SECOND.map((rate) => of(rate, policy))]),
      ),
    ],
    checks: [],
  };
}
