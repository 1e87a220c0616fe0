/** `tcpdrop`: traces until a signal, a count, a duration or a closed pipe ends it. */
import { isatty } from "node:tty";
import { EXIT, UsageError } from "../../errors.ts";
import { type FilterPlan, wordsAskedHere } from "../../filter/index.ts";
import type { Filter } from "../../filter-language/index.ts";
import { parseNetnsArgument } from "../../host/netns.ts";
import type { DropEvent, LostNotice, RefusedEvent } from "../../model/index.ts";
import { Output } from "../../pipeline/output.ts";
import { RowOutput } from "../../pipeline/row-output.ts";
import { reasonRow } from "../../reasons/index.ts";
import { formatReconcileJson } from "../../sinks/reconcile-text.ts";
import { createSink } from "../../sinks/registry.ts";
import type { Sink } from "../../sinks/sink.ts";
import { formatLostWords, formatSummaryWords } from "../../sinks/words.ts";
import { libcSyscalls } from "../../sys/libc.ts";
import { POLLERR, POLLHUP, POLLOUT } from "../../sys/macros.ts";
import { openTrace, type TraceRequest } from "../../trace.ts";
import { asksForHarmless } from "../../trace-filter.ts";
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
import { STDOUT, say } from "../print.ts";

/** As commander gives it. */
export interface TraceFlags extends FilterFlags {
  readonly explainFilter?: boolean;
  readonly ipv4?: boolean;
  readonly ipv6?: boolean;
  readonly all?: boolean;
  readonly format: string;
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
    durationMs: given(flags.duration, (duration) => parseDuration(duration)),
    summaryMs,
    redraw: terminal,
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
export async function runTrace(
  { request, sink, durationMs, summaryMs, redraw }: TraceSettings,
  hooks: RunHooks = {},
): Promise<number> {
  using output = new Output({ fd: STDOUT, pollWritable: isWritable });
  const rows = new RowOutput(output);
  const ending = endOfRun(hooks.until);
  using counters = new CountersOfRun(request);
  const trace = openTrace(request, {
    observe: counters.isWanted ? (event) => counters.observe(event) : undefined,
    event(event: DropEvent | RefusedEvent | LostNotice) {
      if (event.kind === "lost") say(formatLostWords(event));
      if (event.kind === "refused") counters.observeRefused(event);
      return rows.row(event, sink);
    },
    flush() {
      rows.pump();
      if (output.closed) ending.finish();
    },
    isFull: () => output.isFull,
    complete: () => ending.finish(),
  });
  const { session, filter } = trace;
  try {
    if (summaryMs === undefined) rows.append(sink.header());
    rows.pump();
    counters.start(trace);
    say(`Tracing TCP drops (${session.tracer.headerAccess} header loads). Ctrl-C ends.\n`);
    if (filter !== undefined) say(formatFilterWords(filter, session.tracer.filters));
    for (const blindSpot of session.tracer.blindSpots) say(`Not seen: ${blindSpot}\n`);
    if (session.refusedProblem !== undefined) say(`tcpdrop: ${session.refusedProblem}\n`);
    ending.startTimer(durationMs);
    const stopTotals = everySoOften(summaryMs, () => {
      rows.append((redraw ? REDRAW : "") + sink.format(session.totals()));
      rows.pump();
      if (output.closed) ending.finish();
    });
    hooks.onAttached?.();
    await ending.finished;
    stopTotals();
    counters.close();
    const ended = await session.end(() => rows.giveUpAfter(LAST_WRITE_MS));
    const beside = counters.result(ended);
    if (sink.name === "json" && beside !== undefined) rows.append(formatReconcileJson(beside));
    if (summaryMs !== undefined && sink.name !== "json")
      rows.append(
        (redraw ? REDRAW : "") +
          sink.format({ kind: "totals", timeNs: ended.endedNs, sites: ended.bySite, totals: ended.totals }),
      );
    rows.row(ended, sink);
    // Whoever reads the summary has read the row before it; where it was not read, that row may be cut in the
    // middle.
    const summary = session.unshow(await rows.finish(LAST_SUMMARY_MS));
    if (rows.notTakenBytes > 0)
      say(
        `tcpdrop: the reader did not take the last ${rows.notTakenBytes} bytes; drops in them count as unread\n`,
      );
    for (const problem of session.events.problems) say(`${problem}\n`);
    say(
      formatSummaryWords(summary, ({ reason, reasonSubsystem }) => reasonRow(reason, reasonSubsystem).advice),
    );
    say(counters.words(beside, summary));
    return exitCode(output);
  } finally {
    ending.release();
    session[Symbol.dispose]();
  }
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

function exitCode({ error }: Output): number {
  if (error !== undefined) throw error;
  return EXIT.done;
}

function isWritable(fd: number): boolean {
  const events = libcSyscalls.poll(fd, POLLOUT, 0);
  // A pipe whose reader has gone is "writable": the write then says EPIPE.
  return events > 0 && (events & (POLLOUT | POLLERR | POLLHUP)) !== 0;
}
