/** What a trace says on stderr at its end, and in between where it is asked. */
import { isatty } from "node:tty";
import type { Report, SummaryNotice } from "../model/index.ts";
import type { RowSink } from "../out/row-sink.ts";
import type { WatchResult } from "../reconcile/counter-watch.ts";
import type { Run } from "../run/run.ts";
import { formatReport, type ReportOptions } from "../sinks/report-text.ts";
import { formatTotalsOnRequest } from "../sinks/totals-table.ts";
import { formatSummaryWords } from "../sinks/words.ts";
import type { Source } from "../source/source.ts";
import type { CountersOfRun } from "./counters-of-run.ts";
import { STDERR, say } from "./print.ts";
import type { ReportOfRun } from "./report-of-run.ts";

/** Where it is no terminal. */
const PLAIN_COLUMNS = 110;

export interface End {
  readonly stdout: RowSink;
  readonly source: Source;
  readonly summary: SummaryNotice;
  readonly counters: CountersOfRun;
  readonly beside: WatchResult | undefined;
  /** Undefined: the sums alone. */
  readonly report: Report | undefined;
  readonly all: boolean;
}

export function sayEnd({ stdout, source, summary, counters, beside, report, all }: End): void {
  if (stdout.notTakenBytes > 0)
    say(`tcpdrop: the last ${stdout.notTakenBytes} bytes were not read; drops in them count as unread\n`);
  for (const problem of source.problems()) say(`${problem}\n`);
  if (report !== undefined) say(formatReport(report, summary, reportOptions(STDERR, all)));
  else say(formatSummaryWords(summary));
  say(counters.words(beside, summary));
}

/** What SIGUSR1 asks for. */
export function sayUntilNow(run: Run, report: ReportOfRun, all: boolean): void {
  say(formatTotalsOnRequest(run.totals(), all));
  const summary = run.summaryNow();
  say(formatReport(report.make(summary), summary, reportOptions(STDERR, all)));
}

/** For a report on stdout or stderr. */
export function reportOptions(fd: number, all: boolean): ReportOptions {
  const terminal = isatty(fd);
  return {
    columns: terminal ? columnsOf(fd) : PLAIN_COLUMNS,
    colour: terminal && (process.env["NO_COLOR"] ?? "") === "",
    all,
  };
}

/** Making process.stdout takes milliseconds: where it is no terminal nobody asks. */
function columnsOf(fd: number): number {
  return (fd === STDERR ? process.stderr : process.stdout).columns ?? PLAIN_COLUMNS;
}
