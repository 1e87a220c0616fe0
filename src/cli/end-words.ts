/** What a trace says on stderr at its end, and in between where it is asked. */
import type { Report, SummaryNotice } from "../model/index.ts";
import type { RowSink } from "../out/row-sink.ts";
import type { WatchResult } from "../reconcile/counter-watch.ts";
import type { Run } from "../run/run.ts";
import { plainText } from "../sinks/plain-text.ts";
import { formatReport, type ReportOptions } from "../sinks/report-text.ts";
import type { SinkOptions } from "../sinks/sink.ts";
import { formatSummaryWords } from "../sinks/words.ts";
import { EndBudget } from "../source/end-budget.ts";
import type { CountersOfRun } from "./counters-of-run.ts";
import { STDERR, say } from "./print.ts";
import type { ReportOfRun } from "./report-of-run.ts";
import { sayTotals } from "./say-totals.ts";
import { sizeOf, wantsColour } from "./screen.ts";
import type { TraceSettings } from "./trace-settings.ts";

/** Where it is no terminal. */
const PLAIN_COLUMNS = 110;

export interface End {
  readonly stdout: RowSink;
  readonly summary: SummaryNotice;
  readonly counters: CountersOfRun;
  readonly beside: WatchResult | undefined;
  readonly settings: TraceSettings;
  readonly report: Report;
}

export function sayEnd({ stdout, summary, counters, beside, settings, report }: End): void {
  const { view, quiet, summaryMs } = settings;
  if (stdout.notTakenBytes > 0)
    say(`tcpdrop: the last ${stdout.notTakenBytes} bytes were not read; drops in them count as unread\n`);
  for (const problem of summary.problems) say(`${plainText(problem)}\n`);
  if (quiet) return;
  if (settings.report)
    say(formatReport(report, summary, reportOptions(STDERR, view.options.all, view.colours)));
  // The last table has the sites.
  else say(formatSummaryWords(summaryMs === undefined ? summary : { ...summary, bySite: [] }));
  say(counters.words(beside, summary));
}

/** What SIGUSR1 asks for. */
export function sayUntilNow(
  run: Run,
  report: ReportOfRun,
  { all, sort }: Pick<SinkOptions, "all" | "sort">,
): void {
  sayTotals(run, { all, sort });
  const summary = run.summaryNow();
  say(
    formatReport(
      report.make(summary, new EndBudget().untilMs("snapshots")),
      summary,
      reportOptions(STDERR, all),
    ),
  );
}

/** For a report on stdout or stderr. */
export function reportOptions(fd: number, all: boolean, colours = true): ReportOptions {
  const size = sizeOf(fd);
  return {
    columns: size?.columns ?? PLAIN_COLUMNS,
    colour: colours && wantsColour("auto", size !== undefined),
    all,
  };
}
