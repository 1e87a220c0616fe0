/**
 * Whose drops are, against the truth: processes that open sockets at a steady rate, each of which drops, and
 * what the command line says of every drop; and what looking costs, beside the same load without owners.
 */
import { Attributions, compare, type Verdicts } from "../attributions.ts";
import { Lab } from "../lab.ts";
import { NamedPipe } from "../named-pipe.ts";
import { OurTool } from "../our-tool.ts";
import { OwnerLoad } from "../owner-load.ts";
import { atLeast, type Findings, holds, markdownTable, type Part } from "../part.ts";
import { formatNumber, inTurns, median } from "../statistics.ts";
import { pause } from "../tool-process.ts";

interface Load {
  readonly perSecond: number;
  readonly lifeMs: number;
  readonly options: readonly string[];
}

const LOOKED: readonly string[] = ["--owners", "process"];
const NONE: readonly string[] = ["--owners", "none"];
const LOADS: readonly Load[] = [
  { perSecond: 10, lifeMs: 1000, options: LOOKED },
  { perSecond: 1000, lifeMs: 1000, options: LOOKED },
  { perSecond: 1000, lifeMs: 30, options: LOOKED },
  { perSecond: 1000, lifeMs: 30, options: [...LOOKED, "--owner-memory"] },
];
const PROCESSES = 10;
const SECONDS = 20;
const SECONDS_OF_A_TRY = 4;
const COMMON = ["--format", "json", "--stacks", "none", "--no-listeners", "--buffer", "64M"];
const MILLION = 1_000_000;
/** Of one of the runs that make a million together. */
const SECONDS_OF_A_MILLION = 60;

interface Measured extends Verdicts {
  readonly drops: number;
  readonly cpuPercent: number;
  readonly peakMb: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export const owners: Part = {
  name: "owners",
  title: "Whose drops are, against who it was",
  async run({ quick, rounds, progress }) {
    using lab = new Lab();
    const seconds = quick ? SECONDS_OF_A_TRY : SECONDS;
    const rows: string[][] = [];
    const all: Measured[] = [];
    for (const load of LOADS) {
      const measured = await inTurns(rounds, [load.options, NONE], (options, round) => {
        progress(
          `owners: round ${round + 1}, ${load.perSecond}/s of ${load.lifeMs} ms, ${options.join(" ")}`,
        );
        return measure(lab, { ...load, options }, seconds);
      });
      const [looked = [], none = []] = [load.options, NONE].map((options) => measured.get(options));
      all.push(...looked);
      rows.push(rowOf(load, looked, none));
    }
    return findings(rows, all);
  },
};

export const ownersMillion: Part = {
  name: "owners-million",
  title: "A million attributions",
  onlyByName: true,
  async run({ quick, progress }) {
    using lab = new Lab();
    const load: Load = { perSecond: 1000, lifeMs: 1000, options: LOOKED };
    const runs: Measured[] = [];
    const told = (): number => runs.reduce((sum, { drops }) => sum + drops, 0);
    while (told() < (quick ? 1 : MILLION)) {
      runs.push(await measure(lab, load, quick ? SECONDS_OF_A_TRY : SECONDS_OF_A_MILLION));
      progress(`owners-million: ${formatNumber(told())} told`);
    }
    return findings([rowOf(load, runs, [])], runs);
  },
};

async function measure(lab: Lab, { options, ...load }: Load, seconds: number): Promise<Measured> {
  await using running = await OwnerLoad.start({ ...load, processes: PROCESSES, seconds }, lab.folder);
  await using pipe = await NamedPipe.make(lab.file("lines"));
  const lines = new Attributions(pipe.output, running.port);
  await using tool = await OurTool.start(running.netns, [...COMMON, ...options], pipe.input);
  pipe.closeInput();
  const before = await tool.idle();
  const holders = await running.run();
  const after = tool.usage();
  // What waits for its owner.
  await pause(500);
  await tool.end();
  const told = await lines.told();
  const waits = told.map(({ waitMs }) => waitMs).toSorted((a, b) => a - b);
  return {
    ...compare(told, holders),
    drops: told.length,
    cpuPercent: ((after.cpuS - before.cpuS) / seconds) * 100,
    peakMb: after.peakMb,
    p50Ms: waits[Math.floor(waits.length * 0.5)] ?? Number.NaN,
    p99Ms: waits[Math.floor(waits.length * 0.99)] ?? Number.NaN,
  };
}

const COLUMNS = [
  "load, options",
  "drops",
  "right",
  "wrong",
  "without a process",
  "wait p50 to p99 ms, without owners",
  "CPU %, without owners",
  "peak MB, without owners",
];

function rowOf(
  { perSecond, lifeMs, options }: Load,
  looked: readonly Measured[],
  none: readonly Measured[],
): string[] {
  const sum = (of: (each: Measured) => number): string =>
    formatNumber(looked.reduce((total, each) => total + of(each), 0));
  const middle = (of: (each: Measured) => number, digits = 0): string =>
    [looked, none]
      .filter((runs) => runs.length > 0)
      .map((runs) => formatNumber(median(runs.map(of)), digits))
      .join(", ");
  const waits = [looked, none]
    .filter((runs) => runs.length > 0)
    .map((runs) =>
      [runs.map(({ p50Ms }) => p50Ms), runs.map(({ p99Ms }) => p99Ms)]
        .map((of) => formatNumber(median(of), 1))
        .join(" to "),
    );
  return [
    `${formatNumber(perSecond)}/s of ${lifeMs} ms, \`${options.join(" ")}\``,
    sum(({ drops }) => drops),
    sum(({ right }) => right),
    sum(({ wrong }) => wrong.length),
    `${sum(({ withoutProcess }) => withoutProcess)}${why(looked)}`,
    waits.join(", "),
    middle(({ cpuPercent }) => cpuPercent, 1),
    middle(({ peakMb }) => peakMb),
  ];
}

/** How those were told that have no process. */
function why(runs: readonly Measured[]): string {
  const counts = new Map<string, number>();
  for (const { byHow } of runs)
    for (const [how, count] of byHow) counts.set(how, (counts.get(how) ?? 0) + count);
  const text = [...counts].map(([how, count]) => `${how}: ${formatNumber(count)}`).join("; ");
  return ` (${text})`;
}

function findings(rows: readonly (readonly string[])[], looked: readonly Measured[]): Findings {
  const wrong = looked.flatMap((each) => each.wrong);
  const unheld = looked.reduce((sum, each) => sum + each.unheld, 0);
  return {
    lines: [
      `${PROCESSES} processes, each in a cgroup of its own, open connections and send a byte on each, which a rule`,
      "of nftables drops on its way out, as all that TCP sends again; each is reset at the end of its life. What",
      "`tcpdrop --format json` says is compared with what the processes wrote down. The wait is from the drop to",
      "its line in another process; CPU is that of tcpdrop, beside the same load without owners, in turns.",
      "",
      ...markdownTable(COLUMNS, rows),
      ...wrong.slice(0, 10),
    ],
    checks: [
      atLeast(
        "drops told",
        looked.reduce((sum, { drops }) => sum + drops, 0),
        1,
        0,
      ),
      holds("no attribution is wrong", wrong.length === 0, `${wrong.length} wrong`),
      holds("each drop is of a socket that a process wrote down", unheld === 0, `${unheld} are not`),
    ],
  };
}
