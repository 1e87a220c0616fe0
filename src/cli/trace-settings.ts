/** What a trace and the demo make of their settings. */
import { isatty } from "node:tty";
import { UsageError } from "../errors.ts";
import type { Filter } from "../filter-language/index.ts";
import { fileFormatOf, type WriteTarget } from "../out/write-files.ts";
import type { TraceRequest } from "../settings/request.ts";
import type { SettingKey, SettingValues } from "../settings/table.ts";
import { createSink } from "../sinks/registry.ts";
import type { Sink } from "../sinks/sink.ts";
import { asksForHarmless } from "../source/filter-here.ts";
import { STDERR, STDOUT } from "./print.ts";
import type { Settings } from "./settings.ts";

export interface TraceSettings {
  readonly request: TraceRequest;
  readonly sink: Sink;
  readonly writeTo: readonly WriteTarget[];
  readonly durationMs: number | undefined;
  /** Totals so often, and no events. */
  readonly summaryMs: number | undefined;
  /** Totals are drawn over those before. */
  readonly redraw: boolean;
  /** The end is the report for people, in place of the bare sums. */
  readonly report: boolean;
}

/** A UsageError where settings contradict each other. */
export function traceSettings(settings: Settings<"trace" | "demo">, filter?: Filter): TraceSettings {
  const { values } = settings;
  const summaryMs = values.summary === false ? undefined : values.summary;
  if (summaryMs !== undefined) refuseRowSettings(settings);
  const request = requestOf(values, filter, summaryMs === undefined);
  // Asked this way, because making process.stdout takes milliseconds of the start.
  const terminal = isatty(STDOUT);
  return Object.freeze({
    request,
    sink: createSink(values.format, {
      stack: request.stacks !== "none",
      all: request.all ?? false,
      colour: terminal && (process.env["NO_COLOR"] ?? "") === "",
      columns: terminal ? process.stdout.columns : undefined,
    }),
    writeTo: withFormats(targetsOf(settings)),
    durationMs: values.duration,
    summaryMs,
    report: values.report ?? isatty(STDERR),
    redraw: terminal && values.format === "table",
  });
}

function requestOf(
  values: SettingValues<"trace" | "demo">,
  filter: Filter | undefined,
  rows: boolean,
): TraceRequest {
  return Object.freeze({
    family: values.family,
    netns: values.netns,
    filter,
    all: values.all ?? (filter !== undefined && asksForHarmless(filter.root)),
    stacks: values.stacks,
    rows,
    sampleOneOf: values.sample,
    maxPerSecond: values["max-events"],
    cost: values.stats ?? false,
    listeners: values.listeners,
    bufferBytes: values.buffer,
    btf: values.btf,
    count: values.count,
  });
}

/** Named by where they stand, where the user may not see that file. */
function targetsOf({ values, given }: Settings<"trace" | "demo">): readonly WriteTarget[] {
  const write = given("write");
  const hidden = write?.isSecret() === true ? write.shown : undefined;
  return (values.write ?? []).map((path) => ({ path, name: hidden ?? path }));
}

/** A UsageError before anything is opened, where a suffix says no format. */
function withFormats(targets: readonly WriteTarget[]): readonly WriteTarget[] {
  for (const target of targets) fileFormatOf(target);
  return targets;
}

const OF_ROWS: readonly SettingKey[] = ["count", "max-events", "sample"];

/** Settings of single events, where none is shown. */
function refuseRowSettings({ values, given }: Settings<"trace" | "demo">): void {
  const origin = given("summary")?.origin;
  const other = OF_ROWS.map(given).find((one) => one !== undefined);
  if (other !== undefined)
    throw new UsageError(`${other.origin} cannot be combined with ${origin}, which shows no events`, {
      hint: "Remove one of them.",
    });
  if (values.format === "bcc")
    throw new UsageError(
      `${given("format")?.shown} cannot be combined with ${origin}: the format has no totals`,
      {
        hint: "Use --format table or json.",
      },
    );
}
