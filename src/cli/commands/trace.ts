/** `tcpdrop`: traces until a signal, a count, a duration or a closed pipe ends it. */
import { isatty } from "node:tty";
import { EXIT, UsageError } from "../../errors.ts";
import { type FilterPlan, wordsAskedHere } from "../../filter/index.ts";
import type { Filter } from "../../filter-language/index.ts";
import { parseNetnsArgument } from "../../host/netns.ts";
import type { Notice, SummaryNotice } from "../../model/index.ts";
import { NoticeSink } from "../../out/notice-sink.ts";
import { Output } from "../../out/output.ts";
import { RowSink } from "../../out/row-sink.ts";
import { FileSinks, fileFormatOf } from "../../out/write-files.ts";
import { reasonRow } from "../../reasons/index.ts";
import type { WatchResult } from "../../reconcile/counter-watch.ts";
import { startRun } from "../../run/start-run.ts";
import { formatReconcileJson } from "../../sinks/reconcile-text.ts";
import { createSink } from "../../sinks/registry.ts";
import type { Sink } from "../../sinks/sink.ts";
import { formatTotalsOnRequest } from "../../sinks/totals-table.ts";
import { formatLostWords, formatSummaryWords } from "../../sinks/words.ts";
import { asksForHarmless } from "../../source/filter-here.ts";
import { openLive, type TraceRequest } from "../../source/open-live.ts";
import type { Source } from "../../source/source.ts";
import { CountersOfRun } from "../counters-of-run.ts";
import { endOfRun } from "../end-of-run.ts";
import type { FilterFlags } from "../filter-text.ts";
import {
  parseBufferSize,
  parseCount,
  parseDuration,
  parseMaxEvents,
  parseSample,
  parseStacks,
} from "../flags.ts";
import { sayWithoutBlocking } from "../messages.ts";
import { pollWritable } from "../poll-writable.ts";
import { STDOUT, say } from "../print.ts";
import { keepYoungGenerationSmall } from "../young-generation.ts";

/** As commander gives it. */
export interface TraceFlags extends FilterFlags {
  readonly explainFilter?: boolean;
  readonly ipv4?: boolean;
  readonly ipv6?: boolean;
  readonly all?: boolean;
  readonly format: string;
  /** Files to write to, beside stdout. */
  readonly write?: readonly string[];
  readonly stack: boolean;
  readonly listeners: string | false;
  readonly buffer: string;
  readonly netns?: string;
  readonly btf?: string;
  readonly stacks?: string;
  /** True where no interval is given. */
  readonly summary?: string | true;
  readonly maxEvents?: string;
  readonly sample?: string;
  readonly stats?: boolean;
  readonly count?: string;
  readonly duration?: string;
}

/** The summary must be out 500 ms after a signal; a reader that stalls is not waited for longer than this. */
const LAST_WRITE_MS = 120;
const LAST_SUMMARY_MS = 30;
const DEFAULT_SUMMARY = "1s";
/** To the upper left, and clear what is below. */
const REDRAW = "\x1b[H\x1b[J";

export interface TraceSettings {
  readonly request: TraceRequest;
  readonly sink: Sink;
  readonly writeTo: readonly string[];
  readonly durationMs: number | undefined;
  /** Totals so often, and no drops. */
  readonly summaryMs: number | undefined;
  /** Totals are drawn over those before. */
  readonly redraw: boolean;
}

/** Flags to settings; a UsageError where they make no sense. */
export function traceSettings(flags: TraceFlags, filter?: Filter): TraceSettings {
  const summaryMs = given(flags.summary, (interval) =>
    parseDuration(interval === true ? DEFAULT_SUMMARY : interval, "--summary"),
  );
  if (summaryMs !== undefined) refuseRowFlags(flags);
  const request = requestOf(flags, filter, summaryMs === undefined);
  // Asked this way, because making process.stdout takes milliseconds of the start.
  const terminal = isatty(STDOUT);
  return Object.freeze({
    request,
    sink: createSink(flags.format, {
      stack: request.stacks !== "none",
      all: request.all ?? false,
      colour: terminal && (process.env["NO_COLOR"] ?? "") === "",
      columns: terminal ? process.stdout.columns : undefined,
    }),
    writeTo: withFormats(flags.write ?? []),
    durationMs: given(flags.duration, (duration) => parseDuration(duration)),
    summaryMs,
    redraw: terminal && flags.format === "table",
  });
}

function requestOf(flags: TraceFlags, filter: Filter | undefined, rows: boolean): TraceRequest {
  if (flags.ipv4 === true && flags.ipv6 === true)
    throw new UsageError("-4 and -6 together leave nothing to trace", {
      hint: "Leave both out to trace both families.",
    });
  return Object.freeze({
    family: flags.ipv4 === true ? 4 : flags.ipv6 === true ? 6 : undefined,
    netns: given(flags.netns, (which) => [parseNetnsArgument(which)]),
    filter,
    all: flags.all ?? (filter !== undefined && asksForHarmless(filter.root)),
    stacks: flags.stack ? parseStacks(flags.stacks ?? "auto") : "none",
    rows,
    sampleOneOf: given(flags.sample, parseSample),
    maxPerSecond: given(flags.maxEvents, parseMaxEvents),
    cost: flags.stats ?? false,
    listeners: flags.listeners === "count" ? "counted" : flags.listeners !== false,
    bufferBytes: parseBufferSize(flags.buffer),
    btf: flags.btf,
    count: given(flags.count, parseCount),
  });
}

/** A UsageError before anything is opened, where a suffix says no format. */
function withFormats(paths: readonly string[]): readonly string[] {
  for (const path of paths) fileFormatOf(path);
  return paths;
}

/** A flag's value, where it was given. */
function given<T, V>(value: T | undefined, parse: (value: T) => V): V | undefined {
  return value === undefined ? undefined : parse(value);
}

/** What is about single drops makes no sense where none is shown. */
function refuseRowFlags({ count, maxEvents, sample, format }: TraceFlags): void {
  const flag = Object.entries({ "--count": count, "--max-events": maxEvents, "--sample": sample }).find(
    ([, value]) => value !== undefined,
  )?.[0];
  if (flag !== undefined)
    throw new UsageError(`${flag} with --summary makes no sense: no drops are shown`, {
      hint: "Leave one of them out.",
    });
  if (format === "bcc")
    throw new UsageError("--format bcc has no totals", {
      hint: "Take --format table or json with --summary.",
    });
}

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
  using counters = new CountersOfRun(request);
  using files = new FileSinks(settings.writeTo, { all: request.all ?? false });
  const { source, filter, all } = openLive(request);
  await using run = startRun(source, {
    ...request,
    filter,
    all,
    stages: counters.isWanted ? [counters] : [],
    sinks: [stdout, ...files.sinks, new NoticeSink(sayNotice)],
  });
  // Setting up is faster with a large one.
  keepYoungGenerationSmall();
  try {
    counters.start(source);
    say(`Tracing TCP drops (${source.facts.headerAccess} header loads). Ctrl-C ends.\n`);
    if (filter !== undefined) say(formatFilterWords(filter, source.facts.filters));
    for (const blindSpot of source.facts.blindSpots) say(`Not seen: ${blindSpot}\n`);
    if (source.facts.refusedProblem !== undefined) say(`tcpdrop: ${source.facts.refusedProblem}\n`);
    ending.onTotals(() => run.attempt(() => say(formatTotalsOnRequest(run.totals(), request.all ?? false))));
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
    const ended = await run.end(LAST_WRITE_MS);
    const beside = counters.result(ended);
    if (formatter.name === "json" && beside !== undefined) stdout.append(formatReconcileJson(beside));
    if (summaryMs !== undefined && formatter.name !== "json") {
      const { endedNs: timeNs, bySite: sites, totals } = ended;
      stdout.append((redraw ? REDRAW : "") + formatter.format({ kind: "totals", timeNs, sites, totals }));
    }
    // Whoever reads the summary has read the row before it; where it was not read, that row may be cut in the
    // middle.
    const summary = await run.close(ended, LAST_SUMMARY_MS);
    sayEnd({ stdout, source, summary, counters, beside });
    if (run.failure !== undefined) throw run.failure.cause;
    if (stdout.problem !== undefined) throw stdout.problem;
    return sayFileProblems(files.sinks) ? EXIT.failed : EXIT.done;
  } finally {
    ending.release();
  }
}

interface End {
  readonly stdout: RowSink;
  readonly source: Source;
  readonly summary: SummaryNotice;
  readonly counters: CountersOfRun;
  readonly beside: WatchResult | undefined;
}

function sayEnd({ stdout, source, summary, counters, beside }: End): void {
  if (stdout.notTakenBytes > 0)
    say(
      `tcpdrop: the reader did not take the last ${stdout.notTakenBytes} bytes; drops in them count as unread\n`,
    );
  for (const problem of source.problems()) say(`${problem}\n`);
  say(
    formatSummaryWords(summary, ({ reason, reasonSubsystem }) => reasonRow(reason, reasonSubsystem).advice),
  );
  say(counters.words(beside, summary));
}

/** The trace went on without them. True where there were any. */
function sayFileProblems(sinks: readonly RowSink[]): boolean {
  const broken = sinks.filter(({ problem }) => problem !== undefined);
  for (const { name, problem } of broken)
    say(`tcpdrop: ${JSON.stringify(name)} is not whole: ${problem?.message}\n`);
  return broken.length > 0;
}

function sayNotice(notice: Notice): void {
  if (notice.kind === "lost") say(formatLostWords(notice));
}

/** What of the filter costs a record; "" for nothing. */
function formatFilterWords(plan: FilterPlan, kernelFilters: boolean): string {
  const asked = wordsAskedHere(plan, kernelFilters);
  if (asked === undefined) return "";
  return kernelFilters
    ? `Asked in user space, of what the kernel sends: ${asked}\n`
    : `The kernel took no program with this filter: user space asks ${asked}\n`;
}

function everySoOften(intervalMs: number | undefined, step: () => void): () => void {
  if (intervalMs === undefined) return () => undefined;
  const timer = setInterval(step, intervalMs);
  return () => clearInterval(timer);
}
