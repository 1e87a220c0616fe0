/** Start-up: from exec to the first drop shown, next to peers and bare Node. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { resets } from "../../test/kernel/storm.ts";
import { BPFTRACE_ROWS, BPFTRACE_STACKS } from "../contenders.ts";
import { inTracefs } from "../in-tracefs.ts";
import { Lab } from "../lab.ts";
import { type Findings, markdownTable, type Part } from "../part.ts";
import { formatNumber, formatSpread, inTurns, median, ratio } from "../statistics.ts";
import { pause, ToolProcess } from "../tool-process.ts";

/** Starts are short and vary, so there are more of them. */
const STARTS_A_ROUND = 4;
const EVERY_MS = 1;
const LIMIT_MS = 20_000;

interface Starter {
  readonly name: string;
  readonly command: (netns: number) => readonly string[];
  /** Matches the first drop's row; undefined for a program that just exits. */
  readonly firstRow: RegExp | undefined;
}

const OUR_ROW = /NO_SOCKET/;
const PEER_ROW = / > 192\.0\.2\.2:81 /;
const OURS = [join(import.meta.dirname, "../../bin/cli/main.cjs")];
const STARTERS: readonly Starter[] = [
  { name: "tcpdrop", command: (netns) => [...OURS, "--netns", String(netns)], firstRow: OUR_ROW },
  { name: "`node -e 0`, to its end", command: () => [process.execPath, "-e", "0"], firstRow: undefined },
  {
    name: "bpftrace, stacks",
    command: () => inTracefs("bpftrace", "-B", "line", "-e", BPFTRACE_STACKS),
    firstRow: PEER_ROW,
  },
  {
    name: "bpftrace, no stacks",
    command: () => inTracefs("bpftrace", "-B", "line", "-e", BPFTRACE_ROWS),
    firstRow: PEER_ROW,
  },
  {
    name: "perf trace, stacks",
    command: () => inTracefs("perf", "trace", "-a", "-e", "skb:kfree_skb", "--call-graph", "fp"),
    firstRow: /skb:kfree_skb\(/,
  },
];

export const startUp: Part = {
  name: "start-up",
  title: "From exec to the first drop",
  async run({ rounds, progress }) {
    using lab = new Lab();
    const results = await inTurns(rounds * STARTS_A_ROUND, STARTERS, (starter, round) => {
      if (round % STARTS_A_ROUND === 0) progress(`start-up: start ${round + 1}, ${starter.name}`);
      return starter.firstRow === undefined
        ? untilDone(starter.command(lab.netns))
        : untilFirstRow(lab, starter.command(lab.netns), starter.firstRow);
    });
    return findings(results);
  },
};

async function untilDone([program = "", ...words]: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  spawnSync(program, words);
  return performance.now() - startedMs;
}

/** A drop every millisecond until one is shown. */
async function untilFirstRow(lab: Lab, command: readonly string[], firstRow: RegExp): Promise<number> {
  let tookMs: number | undefined;
  await using tool = new ToolProcess({
    command,
    stdout: "pipe",
    onData: () => {
      if (tookMs === undefined && firstRow.test(tool.said)) tookMs = performance.now() - tool.startedMs;
    },
  });
  for (const until = performance.now() + LIMIT_MS; tookMs === undefined; await pause(EVERY_MS)) {
    if (tool.failure !== undefined) return Number.NaN;
    if (performance.now() > until)
      throw new Error(`${command.join(" ")} showed no drop within ${LIMIT_MS} ms: ${tool.said}`);
    lab.hosts.injectAll(resets(0, 1));
  }
  await tool.end();
  return tookMs;
}

function findings(results: ReadonlyMap<Starter, readonly number[]>): Findings {
  const [ours = []] = results.values();
  const rows = [...results].map(([{ name }, times]) => [
    name,
    formatSpread(times),
    formatNumber(ratio(times, ours), 1),
  ]);
  const starts = Math.max(...[...results.values()].map(({ length }) => length));
  return {
    lines: [
      `A drop is made every millisecond; medians of ${starts} starts in turn. A tool that does not start`,
      "here has `-`.",
      "",
      ...markdownTable(["", "ms", "times ours"], rows),
    ],
    checks: [
      {
        what: "tcpdrop is faster than bpftrace",
        bound: "holds",
        measured: `${formatNumber(median(ours))} ms`,
        met: rows.slice(2, 4).every(([, , times]) => !(Number(times) < 1)),
      },
    ],
  };
}
