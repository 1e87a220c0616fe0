/** `tcpdrop`: traces until a signal, a count, a duration or a closed pipe ends it. */
import { EXIT } from "../../errors.ts";
import { type FilterPlan, wordsAskedHere } from "../../filter/index.ts";
import type { Notice } from "../../model/index.ts";
import { noticeSink } from "../../out/callback-sink.ts";
import { quoted } from "../../out/file.ts";
import type { RowSink } from "../../out/row-sink.ts";
import { FileSinks } from "../../out/write-files.ts";
import type { WatchResult } from "../../reconcile/counter-watch.ts";
import type { Run } from "../../run/run.ts";
import { startRun } from "../../run/start-run.ts";
import { formatReconcileJson } from "../../sinks/reconcile-text.ts";
import { formatLostWords } from "../../sinks/words.ts";
import { type OpenLive, openLive } from "../../source/open-live.ts";
import { cgroupOwnersOf, lookupsOf } from "../../stages/owner/asked.ts";
import { CountersOfRun } from "../counters-of-run.ts";
import { endBudget, endOfRun } from "../end-of-run.ts";
import { sayEnd, sayUntilNow } from "../end-words.ts";
import { withSecretFilter, wordsForSecret } from "../filter-text.ts";
import { filterWords, formatFirstWords } from "../first-words.ts";
import { openKeys } from "../keys.ts";
import { sayWithoutBlocking } from "../messages.ts";
import { isAboutBtf } from "../named-paths.ts";
import { STDERR, STDOUT, say } from "../print.ts";
import { ReportOfRun, summaryOf } from "../report-of-run.ts";
import { ScreenSize, sizeOf } from "../screen.ts";
import { stdoutSink } from "../stdout-sink.ts";
import type { TraceSettings, View } from "../trace-settings.ts";

export interface RunHooks {
  /** Attached: drops made from now on are seen. */
  readonly onAttached?: (() => void) | undefined;
  /** Ends the run as a signal does. */
  readonly until?: Promise<unknown> | undefined;
}

/** Runs a trace to its end; the exit code. */
export async function runTrace(settings: TraceSettings, hooks: RunHooks = {}): Promise<number> {
  const { request, view, durationMs, summaryMs } = settings;
  sayWithoutBlocking();
  const openLookups = await lookupsOf(request);
  const openOwners = await cgroupOwnersOf(request);
  using size = screenSizeOf(view);
  const stdout = stdoutSink(view, size, summaryMs === undefined);
  const ending = endOfRun(hooks.until);
  using report = new ReportOfRun();
  using counters = new CountersOfRun(settings.countersOf);
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
    lookups: openLookups(live),
    cgroupOwners: openOwners?.(),
    stages: counters.isWanted ? [counters] : [],
    observers: [report],
    sinks: [stdout, ...files.sinks, noticeSink(sayNotice)],
  });
  try {
    counters.start(live);
    report.start(run, live, request.netns);
    const redraw = (): void => run.notify(run.totals());
    const askedFor = redraws(settings) ? redraw : () => sayUntilNow(run, report, view.options);
    ending.onTotals(() => run.attempt(askedFor));
    using keys = openKeys({ s: () => run.attempt(askedFor), q: ending.finish });
    // A second signal ends the process at once: the terminal is as it was by then.
    void ending.finished.then(() => keys?.[Symbol.dispose]());
    sayBeginning({ settings, run, live, hasKeys: keys?.isForeground === true });
    ending.startTimer(durationMs);
    const stopTotals = everySoOften(summaryMs, () => run.attempt(redraw));
    hooks.onAttached?.();
    await Promise.race([ending.finished, run.finished]);
    stopTotals();
    counters.close();
    report.close();
    const budget = endBudget();
    const ended = await run.end(budget);
    const concluded = report.make(ended, budget.untilMs("snapshots"));
    for (const finding of concluded.findings) run.notify(finding);
    const beside = counters.result(ended);
    if (beside !== undefined) appendCounters([stdout, ...files.sinks], beside);
    if (summaryMs !== undefined && view.format !== "json") {
      const { endedNs: timeNs, bySite: sites, byOwner: owners, totals } = ended;
      stdout.take({ kind: "totals", timeNs, sites, owners, ofRun: true, totals });
    }
    // Whoever reads the summary has read the row before it; where it was not read, that row may be cut in the
    // middle.
    const summary = await run.close({ ...ended, report: summaryOf(concluded) }, budget);
    sayEnd({ stdout, summary, counters, beside, settings, report: concluded });
    if (run.failure !== undefined) throw run.failure.cause;
    if (stdout.problem !== undefined) throw stdout.problem;
    return sayFileProblems(files.sinks) ? EXIT.failed : EXIT.done;
  } finally {
    ending.release();
  }
}

/** The counters' lines, where lines are JSON. */
function appendCounters(sinks: readonly RowSink[], result: WatchResult): void {
  const lines = formatReconcileJson(result);
  for (const sink of sinks) if (sink.format === "json") sink.append(lines);
}

function screenSizeOf({ isScreen }: View): ScreenSize | undefined {
  const first = isScreen ? sizeOf(STDOUT) : undefined;
  return first === undefined ? undefined : new ScreenSize(STDOUT, first);
}

interface Beginning {
  readonly settings: TraceSettings;
  readonly run: Run;
  readonly live: OpenLive;
  readonly hasKeys: boolean;
}

/** A table of totals that stands on the terminal is all that is asked for. */
function redraws({ view, summaryMs }: TraceSettings): boolean {
  return view.isScreen && summaryMs !== undefined;
}

function sayBeginning({ settings, run, live: { source, filter }, hasKeys }: Beginning): void {
  const { quiet, traced: what, notes, request } = settings;
  const { facts } = source;
  if (!quiet) {
    const text =
      request.filter === undefined ? undefined : (wordsForSecret() ?? filterWords(request.filter.text));
    const columns = sizeOf(STDERR)?.columns;
    const onAsking = redraws(settings) ? "totals" : "report";
    say(formatFirstWords({ sinceNs: run.startedNs, what, filter: text, hasKeys, onAsking, columns }));
    for (const note of notes) say(`${note}\n`);
    if (filter !== undefined) say(formatFilterWords(filter, facts.filters));
    for (const blindSpot of facts.blindSpots) say(`Not seen: ${blindSpot}\n`);
  }
  if (facts.refusedProblem !== undefined) say(`tcpdrop: ${facts.refusedProblem}\n`);
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
