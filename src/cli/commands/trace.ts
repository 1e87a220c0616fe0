/** `tcpdrop`: traces until a signal, a count, a duration or a closed pipe ends it. */
import { EXIT } from "../../errors.ts";
import { type FilterPlan, wordsAskedHere } from "../../filter/index.ts";
import type { Notice, SummaryNotice } from "../../model/index.ts";
import { noticeSink } from "../../out/callback-sink.ts";
import { quoted } from "../../out/file.ts";
import { Output } from "../../out/output.ts";
import { RowSink } from "../../out/row-sink.ts";
import { FileSinks } from "../../out/write-files.ts";
import type { WatchResult } from "../../reconcile/counter-watch.ts";
import { startRun } from "../../run/start-run.ts";
import { formatReconcileJson } from "../../sinks/reconcile-text.ts";
import { formatLostWords } from "../../sinks/words.ts";
import { openLive } from "../../source/open-live.ts";
import { CountersOfRun } from "../counters-of-run.ts";
import { endOfRun } from "../end-of-run.ts";
import { sayEnd, sayUntilNow } from "../end-words.ts";
import { withSecretFilter, wordsForSecret } from "../filter-text.ts";
import { sayWithoutBlocking } from "../messages.ts";
import { isAboutBtf } from "../named-paths.ts";
import { pollWritable } from "../poll-writable.ts";
import { STDERR, STDOUT, say } from "../print.ts";
import { ReportOfRun, summaryOf } from "../report-of-run.ts";
import type { TraceSettings } from "../trace-settings.ts";

/** The summary must be out 500 ms after a signal; a reader that stalls is not waited for longer than this. */
const LAST_WRITE_MS = 120;
const LAST_SUMMARY_MS = 30;
/** To the upper left, and clear what is below. */
const REDRAW = "\x1b[H\x1b[J";

export interface RunHooks {
  /** Attached: drops made from now on are seen. */
  readonly onAttached?: (() => void) | undefined;
  /** Ends the run as a signal does. */
  readonly until?: Promise<unknown> | undefined;
}

/** Runs a trace to its end; the exit code. */
export async function runTrace(settings: TraceSettings, hooks: RunHooks = {}): Promise<number> {
  const { request, sink: formatter, durationMs, summaryMs, redraw } = settings;
  sayWithoutBlocking();
  const stdout = new RowSink({
    name: "stdout",
    pace: "blocking",
    formatter,
    output: new Output({ fd: STDOUT, pollWritable }),
    header: summaryMs === undefined,
  });
  const ending = endOfRun(hooks.until);
  using report = new ReportOfRun();
  using counters = new CountersOfRun(request);
  using files = new FileSinks(settings.writeTo, {
    all: request.all ?? false,
    beside: { stdout: STDOUT, stderr: STDERR },
  });
  const live = withSecretFilter(() => openLive(request), isAboutBtf);
  const { source, filter, all } = live;
  await using run = startRun(source, {
    ...request,
    filter,
    all,
    restWords: wordsForSecret(),
    stages: counters.isWanted ? [counters] : [],
    observers: [report],
    sinks: [stdout, ...files.sinks, noticeSink(sayNotice)],
  });
  try {
    counters.start(live);
    report.start(run, live, request.netns);
    say(`Tracing TCP drops (${source.facts.headerAccess} header loads). Ctrl-C ends.\n`);
    if (filter !== undefined) say(formatFilterWords(filter, source.facts.filters));
    for (const blindSpot of source.facts.blindSpots) say(`Not seen: ${blindSpot}\n`);
    if (source.facts.refusedProblem !== undefined) say(`tcpdrop: ${source.facts.refusedProblem}\n`);
    ending.onTotals(() => run.attempt(() => sayUntilNow(run, report, request.all ?? false)));
    ending.startTimer(durationMs);
    const stopTotals = everySoOften(summaryMs, () => {
      run.attempt(() => {
        if (redraw) stdout.append(REDRAW);
        run.notify(run.totals());
      });
    });
    hooks.onAttached?.();
    await Promise.race([ending.finished, run.finished]);
    stopTotals();
    counters.close();
    report.close();
    const ended = await run.end(LAST_WRITE_MS);
    const concluded = report.make(ended);
    for (const finding of concluded.findings) run.notify(finding);
    const beside = counters.result(ended);
    if (beside !== undefined) appendCounters([stdout, ...files.sinks], beside);
    if (summaryMs !== undefined && formatter.name !== "json") stdout.append(lastTotals(settings, ended));
    // Whoever reads the summary has read the row before it; where it was not read, that row may be cut in the
    // middle.
    const summary = await run.close({ ...ended, report: summaryOf(concluded) }, LAST_SUMMARY_MS);
    sayEnd({
      stdout,
      summary,
      counters,
      beside,
      report: settings.report ? concluded : undefined,
      all,
    });
    if (run.failure !== undefined) throw run.failure.cause;
    if (stdout.problem !== undefined) throw stdout.problem;
    return sayFileProblems(files.sinks) ? EXIT.failed : EXIT.done;
  } finally {
    ending.release();
  }
}

function lastTotals({ sink, redraw }: TraceSettings, ended: SummaryNotice): string {
  const { endedNs: timeNs, bySite: sites, totals } = ended;
  return (redraw ? REDRAW : "") + sink.format({ kind: "totals", timeNs, sites, totals });
}

/** The counters' lines, where lines are JSON. */
function appendCounters(sinks: readonly RowSink[], result: WatchResult): void {
  const lines = formatReconcileJson(result);
  for (const sink of sinks) if (sink.format === "json") sink.append(lines);
}

/** The trace went on without them. True where there were any. */
function sayFileProblems(sinks: readonly RowSink[]): boolean {
  const broken = sinks.filter(({ problem }) => problem !== undefined);
  for (const { name, problem } of broken) say(`tcpdrop: ${quoted(name)} is not whole: ${problem?.message}\n`);
  return broken.length > 0;
}

function sayNotice(notice: Notice): void {
  if (notice.kind === "lost") say(formatLostWords(notice));
}

/** What of the filter costs a record; "" for nothing. */
function formatFilterWords(plan: FilterPlan, kernelFilters: boolean): string {
  const words = wordsAskedHere(plan, kernelFilters);
  if (words === undefined) return "";
  const asked = wordsForSecret() ?? words;
  return kernelFilters
    ? `Evaluated in user space: ${asked}\n`
    : `The verifier rejected the filter; evaluating in user space: ${asked}\n`;
}

function everySoOften(intervalMs: number | undefined, step: () => void): () => void {
  if (intervalMs === undefined) return () => undefined;
  const timer = setInterval(step, intervalMs);
  return () => clearInterval(timer);
}
