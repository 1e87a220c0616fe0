/** What a trace and the demo make of their settings. */
import { UsageError } from "../errors.ts";
import type { Filter } from "../filter-language/index.ts";
import { fileFormatOf, type WriteTarget } from "../out/write-files.ts";
import { type TraceRequest, wantsOwners } from "../settings/request.ts";
import type { SettingKey } from "../settings/table.ts";
import type { SummaryGroup, SummaryPlan } from "../settings/values.ts";
import type { SinkOptions, SortKey } from "../sinks/sink.ts";
import { asksForHarmless } from "../source/filter-here.ts";
import type { FoundTarget } from "../target/find-target.ts";
import { tracedWords } from "./first-words.ts";
import { missingInterface } from "./interface-there.ts";
import { netnsOf } from "./netns-setting.ts";
import { STDERR, STDOUT, say } from "./print.ts";
import { sizeOf, understandsEscapes, wantsColour } from "./screen.ts";
import type { Settings } from "./settings.ts";

export interface TraceSettings {
  readonly request: TraceRequest;
  readonly view: View;
  /** Where drops are traced, for people. */
  readonly traced: string;
  /** What people should know of what was chosen for them: sentences without their full stop. */
  readonly notes: readonly string[];
  /** Nothing is said at the start and at the end. */
  readonly quiet: boolean;
  readonly writeTo: readonly WriteTarget[];
  readonly durationMs: number | undefined;
  /** Totals so often, and no events. */
  readonly summaryMs: number | undefined;
  /** The namespace whose counters stand beside the drops at the end; undefined: none. */
  readonly countersOf: number | undefined;
  /** The end is the report for people, in place of the bare sums. */
  readonly report: boolean;
}

/** How stdout shows what is traced. */
export interface View {
  /** The word after --format. */
  readonly format: string;
  readonly options: SinkOptions;
  /** False: none anywhere. */
  readonly colours: boolean;
  /** A table on a terminal. */
  readonly isScreen: boolean;
  /** Equal rows are counted there. */
  readonly folds: boolean;
  /** Totals are drawn over those before. */
  readonly redraws: boolean;
}

/** A UsageError where settings contradict each other. */
export function traceSettings(
  settings: Settings<"trace" | "demo">,
  filter?: Filter,
  target?: FoundTarget,
): TraceSettings {
  const { values } = settings;
  const summary = values.summary === false ? undefined : values.summary;
  if (summary !== undefined) refuseRowSettings(settings);
  refuseOtherOrder(settings, summary?.by);
  const request = requestOf(settings, { filter, target, summary });
  return Object.freeze({
    request,
    view: viewOf(settings, request),
    traced: tracedWords(settings, target),
    notes: target?.notes ?? [],
    quiet: values.quiet ?? false,
    writeTo: withFormats(targetsOf(settings)),
    durationMs: values.duration,
    summaryMs: summary?.everyMs,
    countersOf: values.reconcile === true ? countersOf(settings, request) : undefined,
    report: values.report ?? sizeOf(STDERR) !== undefined,
  });
}

function viewOf(settings: Settings<"trace" | "demo">, request: TraceRequest): View {
  const { values } = settings;
  const size = sizeOf(STDOUT);
  const isTable = values.format === "table";
  if (!isTable) refuseTableSettings(settings);
  return Object.freeze({
    format: values.format,
    options: {
      stack: request.stacks !== "none",
      all: request.all ?? false,
      colour: wantsColour(values.color, size !== undefined),
      columns: size?.columns,
      chosen: values.columns,
      sort: values.sort,
      owners: (request.owners ?? "none") !== "none",
    },
    colours: values.color !== "never",
    isScreen: isTable && size !== undefined,
    // Whoever counts events wants to see each.
    folds: values.fold === "auto" && values.count === undefined,
    redraws: understandsEscapes(),
  });
}

/** A UsageError where the trace is not of one namespace, or not of all of its drops: its counters are. */
function countersOf({ given }: Settings<"trace" | "demo">, request: TraceRequest): number {
  const { netns, family, filter } = request;
  const origin = given("reconcile")?.origin ?? "reconcile";
  const other = filter === undefined ? (family === undefined ? undefined : `-${family}`) : "a filter";
  if (other !== undefined)
    throw new UsageError(`${origin} cannot be combined with ${other}: counters are of all drops`, {
      hint: "Remove one of them.",
    });
  const [inode] = netns ?? [];
  if (inode !== undefined && netns?.length === 1) return inode;
  throw new UsageError(`${origin} needs exactly one network namespace: each has counters of its own`, {
    hint: "Name one with --netns, like --netns pid:self.",
  });
}

interface Asked {
  readonly filter: Filter | undefined;
  readonly target: FoundTarget | undefined;
  /** Totals instead of events. */
  readonly summary: SummaryPlan | undefined;
}

function requestOf(settings: Settings<"trace" | "demo">, { filter, target, summary }: Asked): TraceRequest {
  const { values, given } = settings;
  return Object.freeze({
    family: values.family,
    netns: tracedNetns(settings, target),
    filter,
    all: values.all ?? (filter !== undefined && asksForHarmless(filter.root)),
    stacks: values.stacks,
    rows: summary === undefined,
    // Beside rows they are for the report: what was lost or limited has an owner too.
    ownerTotals: summary === undefined ? wantsOwners(values) : summary.by === "owner",
    sampleOneOf: values.sample,
    maxPerSecond: values["max-events"],
    cost: values.stats ?? false,
    listeners: values.listeners,
    owners: target !== undefined && given("owners") === undefined ? "process" : values.owners,
    ownerWaitMs: values["owner-wait"],
    ownerMemory: values["owner-memory"] ?? false,
    ownerBudgetPercent: values["owner-budget"],
    bufferBytes: values.buffer,
    btf: values.btf,
    count: values.count,
  });
}

/** Those that were named; says so where none of them has the interface that was named too. */
function tracedNetns(
  settings: Settings<"trace" | "demo">,
  target: FoundTarget | undefined,
): readonly number[] | undefined {
  const netns = target?.netns ?? netnsOf(settings);
  const name = settings.values.interface;
  const given = settings.given("interface");
  if (name === undefined || name === "any" || given === undefined) return netns;
  const missing = missingInterface(name, given.isSecret() ? given.origin : given.shown, netns);
  if (missing !== undefined) say(`tcpdrop: ${missing}\n`);
  return netns;
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

const OWNER_SORT_KEYS: ReadonlySet<SortKey> = new Set(["total", "rate", "class", "owner"]);

/** A UsageError where totals do not have what they are to be sorted by. */
function refuseOtherOrder({ values, given }: Settings<"trace" | "demo">, by: SummaryGroup | undefined): void {
  const { sort } = values;
  // A file or the environment may have it for others.
  if (by === undefined || given("sort")?.by !== "flag") return;
  if (by === "owner" ? OWNER_SORT_KEYS.has(sort) : sort !== "owner") return;
  throw new UsageError(
    `${given("sort")?.shown} cannot be combined with totals by ${by}: they have no ${sort}`,
    {
      hint: by === "owner" ? `Sort by ${[...OWNER_SORT_KEYS].join(", ")}.` : "Use --summary=owner.",
    },
  );
}

const OF_ROWS: readonly SettingKey[] = ["count", "max-events", "sample"];

const OF_TABLE: readonly SettingKey[] = ["columns", "sort"];

/** On the command line they are meant for this run; a file or the environment may have them for others. */
function refuseTableSettings({ given }: Settings<"trace" | "demo">): void {
  const other = OF_TABLE.map(given).find((one) => one?.by === "flag");
  if (other !== undefined)
    throw new UsageError(`${other.origin} is for the table, and not for ${given("format")?.shown}`, {
      hint: "Remove one of them.",
    });
}

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
