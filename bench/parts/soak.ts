/**
 * A long storm with a reader that stalls in the middle: memory stays flat, loss is counted exactly, and new
 * rows resume at once.
 */
import { Lab } from "../lab.ts";
import { OurTool } from "../our-tool.ts";
import { type Check, type Findings, holds, markdownTable, type Part } from "../part.ts";
import type { ProcessUsage } from "../process.ts";
import { formatNumber } from "../statistics.ts";
import { pause } from "../tool-process.ts";

const PER_SECOND = 200_000;
const SECONDS = 600;
const SECONDS_OF_A_TRY = 20;
/** Share of the time: 30 s of 600. */
const STALLED_SHARE = 1 / 20;
const SAMPLES = 120;
const RECOVERY_LIMIT_MS = 60_000;
const NEWLINE = 10;
const TIME = '"time":"';
/** The default ring's data, mapped twice. */
const RING_MB = 32;

interface Soaked {
  readonly seconds: number;
  readonly sent: number;
  readonly tookMs: number;
  readonly rows: number;
  readonly recoveredMs: number;
  readonly samples: readonly ProcessUsage[];
  readonly last: ProcessUsage;
  readonly result: Awaited<ReturnType<OurTool["result"]>>;
}

export const soak: Part = {
  name: "soak",
  title: "Ten minutes with a stalled reader",
  onlyByName: true,
  async run({ quick, progress }) {
    using lab = new Lab();
    const seconds = quick ? SECONDS_OF_A_TRY : SECONDS;
    await using tool = await OurTool.start(lab.netns, ["--format", "json", "--stats"], "stream");
    const reader = new Reader(tool);
    await using flood = await lab.startFlood(PER_SECOND * seconds, {
      perSecond: PER_SECOND,
      limitMs: (seconds + 60) * 1000,
    });
    const samples: ProcessUsage[] = [];
    const timer = setInterval(() => samples.push(tool.usage()), (seconds * 1000) / SAMPLES);
    flood.go();
    const recovered = stall(reader, seconds * 1000, progress);
    const { sent, tookMs } = await flood.done();
    const recoveredMs = await recovered;
    clearInterval(timer);
    const last = await tool.idle();
    const result = await tool.result();
    return findings({ seconds, sent, tookMs, rows: reader.rows, recoveredMs, samples, last, result });
  },
};

/** Counts the rows that it reads, and keeps the time of the newest. */
class Reader {
  readonly #tool: OurTool;
  rows = 0;
  newestMs = 0;

  constructor(tool: OurTool) {
    this.#tool = tool;
    tool.stdout.on("data", (chunk: Buffer) => {
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) this.rows += 1;
      const at = chunk.lastIndexOf(TIME);
      const time = Date.parse(
        chunk.toString("latin1", at + TIME.length, at + TIME.length + "2026-01-02T03:04:05.123456Z".length),
      );
      if (at >= 0 && !Number.isNaN(time)) this.newestMs = time;
    });
  }

  stop(): void {
    this.#tool.stdout.pause();
  }

  go(): void {
    this.#tool.stdout.resume();
  }
}

/**
 * Stops reading in the middle; returns the time from resuming until the row of a drop that was made after
 * that.
 */
async function stall(reader: Reader, wholeMs: number, progress: (text: string) => void): Promise<number> {
  const stalledMs = wholeMs * STALLED_SHARE;
  await pause((wholeMs - stalledMs) / 2);
  progress("soak: the reader stalls");
  reader.stop();
  await pause(stalledMs);
  progress("soak: the reader reads again");
  const resumedAt = Date.now();
  const startedMs = performance.now();
  reader.go();
  while (reader.newestMs < resumedAt && performance.now() - startedMs < RECOVERY_LIMIT_MS) await pause(2);
  return performance.now() - startedMs;
}

function findings({ seconds, sent, tookMs, rows, recoveredMs, samples, last, result }: Soaked): Findings {
  const { ours, shown, lost, unread, hidden, limited, said } = result;
  const rss = samples.map(({ rssMb }) => rssMb);
  const quarter = Math.floor(rss.length / 4);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const [first, final] = [mean(rss.slice(quarter, 2 * quarter)), mean(rss.slice(-quarter))];
  const exact = ours === sent && shown + lost + unread === sent && hidden + limited === 0;
  const checks: Check[] = [
    holds("seen equals sent and shown + lost + unread", exact, exact ? "exact" : `seen ${ours} of ${sent}`),
    holds(
      "memory does not grow: the last quarter at most 10 % over the second",
      final <= 1.1 * first,
      `${formatNumber(first)} MB, then ${formatNumber(final)} MB`,
    ),
    holds(
      "under 100 MB beside the ring's pages",
      final - RING_MB < 100,
      `${formatNumber(final - RING_MB)} MB`,
    ),
    {
      what: "from reading again to the row of a new drop",
      bound: "at most 1000 ms",
      measured: `${formatNumber(recoveredMs)} ms`,
      met: recoveredMs <= 1000,
    },
  ];
  const table = markdownTable(
    [
      "drops",
      "a second",
      "shown",
      "lost",
      "unread",
      "rows read",
      "CPU s per million",
      "RSS MB: second quarter, last, at most",
    ],
    [
      [
        ...[sent, (sent / tookMs) * 1000, shown, lost, unread, rows].map((value) => formatNumber(value)),
        formatNumber((last.cpuS / sent) * 1e6, 2),
        [first, final, last.peakMb].map((value) => formatNumber(value)).join(", "),
      ],
    ],
  );
  const costs = said.split("\n").find((line) => line.startsWith("cost:")) ?? "";
  return {
    lines: [
      `${formatNumber(PER_SECOND)} drops a second for ${seconds} seconds, as NDJSON into a pipe whose reader`,
      `stalls for ${formatNumber(seconds * STALLED_SHARE)} seconds in the middle; \`--stacks auto\`.`,
      "",
      ...table,
      "",
      `\`--stats\` says: ${costs}.`,
    ],
    checks,
  };
}
