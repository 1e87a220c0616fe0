/**
 * A million drops at full speed with each output: all are seen, and what the reader misses is counted
 * exactly.
 */
import { closeSync, openSync, readSync, rmSync } from "node:fs";
import { Lab, speed } from "../lab.ts";
import { OurTool } from "../our-tool.ts";
import { type BenchOptions, type Findings, holds, markdownTable, type Part } from "../part.ts";
import { formatNumber, inTurns, median } from "../statistics.ts";

const MILLION = 1_000_000;
const DROPS_OF_A_TRY = 100_000;
const NOWHERE = "/dev/null";
const BUFFER = 256 << 20;
const CHUNK_BYTES = 1 << 22;
const NEWLINE = 10;

interface Output {
  readonly name: string;
  readonly options: readonly string[];
  /** A file that is read back, /dev/null, or events for a program that uses the library. */
  readonly to: "file" | "nowhere" | "library";
  /** The ring holds all of them. */
  readonly losesNone?: boolean;
}

const OUTPUTS: readonly Output[] = [
  { name: "NDJSON to a file", options: ["--format", "json"], to: "file" },
  { name: "table to `/dev/null`", options: [], to: "nowhere" },
  { name: "library", options: ["auto"], to: "library" },
  {
    name: "NDJSON to a file, `--buffer 256M`",
    options: ["--format", "json", "--buffer", "256M"],
    to: "file",
    losesNone: true,
  },
  {
    name: "table to `/dev/null`, `--buffer 256M`",
    options: ["--buffer", "256M"],
    to: "nowhere",
    losesNone: true,
  },
  { name: "library, 256 MB", options: ["auto", String(BUFFER)], to: "library", losesNone: true },
  { name: "NDJSON to a file, `--stacks all`", options: ["--format", "json", "--stacks", "all"], to: "file" },
  { name: "table to `/dev/null`, `--stacks all`", options: ["--stacks", "all"], to: "nowhere" },
];

interface Ran {
  readonly perSecond: number;
  readonly shown: number;
  readonly lost: number;
  readonly unread: number;
  readonly cpuUsPerRow: number;
  readonly rssMb: number;
  readonly peakMb: number;
  /** Seen equals sent, the parts add up, and a file has as many rows as were shown. */
  readonly exact: boolean;
}

export const million: Part = {
  name: "million",
  title: "A million drops with each output",
  async run(options) {
    using lab = new Lab();
    const drops = options.quick ? DROPS_OF_A_TRY : MILLION;
    const results = await inTurns(options.rounds, OUTPUTS, (output, round) =>
      run(lab, output, drops, round, options),
    );
    return findings(drops, results);
  },
};

async function run(
  lab: Lab,
  output: Output,
  drops: number,
  round: number,
  { progress }: BenchOptions,
): Promise<Ran> {
  progress(`million: round ${round + 1}, ${output.name}`);
  const path = output.to === "file" ? lab.file("rows") : NOWHERE;
  const ran = await lab.withOutput(path, async (stdout) => {
    await using tool =
      output.to === "library"
        ? await OurTool.startLibrary(lab.netns, output.options)
        : await OurTool.start(lab.netns, output.options, stdout);
    const before = await tool.idle();
    const perSecond = speed(await lab.flood(drops));
    const after = await tool.idle();
    const { ours, shown, lost, unread, hidden, limited } = await tool.result();
    const exact = ours === drops && shown + lost + unread === drops && hidden + limited === 0;
    return {
      perSecond,
      shown,
      lost,
      unread,
      cpuUsPerRow: ((after.cpuS - before.cpuS) / shown) * 1e6,
      rssMb: after.rssMb,
      peakMb: after.peakMb,
      exact,
    };
  });
  if (output.to !== "file") return ran;
  const written = dropLines(path);
  rmSync(path);
  return { ...ran, exact: ran.exact && written === ran.shown };
}

/** Counts the drops in a file without holding it in memory. */
function dropLines(path: string): number {
  const start = Buffer.from('{"type":"drop"');
  const descriptor = openSync(path, "r");
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let lines = 0;
  // The incomplete end of a chunk is read again with the next one.
  for (let position = 0; ; ) {
    const bytes = chunk.subarray(0, readSync(descriptor, chunk, 0, CHUNK_BYTES, position));
    if (bytes.length === 0) break;
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      if (bytes.compare(start, 0, start.length, from, from + start.length) === 0) lines += 1;
      from = end + 1;
    }
    if (from === 0) break;
    position += from;
  }
  closeSync(descriptor);
  return lines;
}

function findings(drops: number, results: ReadonlyMap<Output, readonly Ran[]>): Findings {
  const rows = [...results].map(([output, runs]) => {
    const of = (key: keyof Omit<Ran, "exact">): number => median(runs.map((ran) => ran[key]));
    const numbers = (["perSecond", "shown", "lost", "unread"] as const).map((key) => formatNumber(of(key)));
    return [
      output.name,
      ...numbers,
      formatNumber(of("cpuUsPerRow"), 1),
      `${formatNumber(of("rssMb"))}, ${formatNumber(of("peakMb"))}`,
    ];
  });
  const runs = [...results.values()].flat();
  const roomy = [...results].flatMap(([output, ran]) => (output.losesNone === true ? ran : []));
  const lost = roomy.reduce((sum, ran) => sum + ran.lost + ran.unread, 0);
  return {
    lines: [
      `${formatNumber(drops)} drops as fast as one CPU can make them. RSS counts the pages of a ring`,
      "twice, because its data is mapped twice in a row: 32 MB for 16, 512 MB for 256.",
      "",
      ...markdownTable(
        ["", "drops/s reached", "shown", "lost", "unread", "CPU us a row", "RSS MB, at most"],
        rows,
      ),
    ],
    checks: [
      holds(
        "seen equals sent and shown + lost + unread; a file has as many rows as were shown",
        runs.every(({ exact }) => exact),
        `in ${runs.filter(({ exact }) => exact).length} of ${runs.length} runs`,
      ),
      holds("with `--buffer 256M` none is lost", lost === 0, `${lost} lost in ${roomy.length} runs`),
    ],
  };
}
