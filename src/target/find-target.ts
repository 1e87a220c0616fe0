/**
 * Finds what `--for` names on this machine, and what has to be traced for it.
 *
 * Several that have the name are an error which lists them: a guess would show drops of another one.
 */
import { UsageError } from "../errors.ts";
import { nearest } from "../filter-language/index.ts";
import { ownNetns } from "../host/netns.ts";
import { seesHostPids } from "../host/owner/process-facts.ts";
import { readProcessAddresses } from "../host/process-addresses.ts";
import { allNames, type Candidate, candidatesFor } from "./candidates.ts";
import { type EndpointOptions, endpointOf } from "./endpoint.ts";
import { type Plan, planFor } from "./plan.ts";
import { quoted, shownName } from "./quoted.ts";
import { type Survey, type SurveyOptions, surveyMachine } from "./survey.ts";
import { hasUnitFile } from "./unit-file.ts";
import { FORMS, parseWanted, type TargetKind } from "./wanted.ts";
import { notesOf, whereWords } from "./words.ts";

/** Either network namespaces, and processes in them; or one process. */
export type TargetLife =
  | { readonly kind: "netns"; readonly inodes: readonly number[]; readonly pids: readonly number[] }
  | { readonly kind: "process"; readonly pid: number; readonly startTicks: number | undefined };

/** What is traced for a target. Frozen plain data. */
export interface FoundTarget {
  /** "container web (docker, 4f1d2c3b4a59)", for people. */
  readonly what: string;
  /** "in its network namespace 4026532246"; undefined: wherever is traced without it. */
  readonly where: string | undefined;
  /** What people should know of the choice: sentences. */
  readonly notes: readonly string[];
  /** Inode numbers; undefined: all. */
  readonly netns: readonly number[] | undefined;
  /** Words of a filter that must hold; undefined: none. */
  readonly filter: string | undefined;
  /** What nothing more is dropped of once it is gone; undefined where it has a name that lasts. */
  readonly life: TargetLife | undefined;
}

export interface FindOptions extends SurveyOptions, EndpointOptions {
  /** Its own namespace and no other, where it has one: for counters, which are of a namespace. */
  readonly alone?: boolean | undefined;
  /** Namespaces have been chosen. */
  readonly hasNetns?: boolean | undefined;
}

const MOST_LISTED = 10;

/** @throws UsageError where nothing is called so, or several are */
export async function findTargetHere(text: string, options: FindOptions = {}): Promise<FoundTarget> {
  const wanted = parseWanted(text);
  if (wanted.kind === "endpoint") return await foundEndpoint(wanted.host, wanted.port, options);
  const { root = "/" } = options;
  if (seesHostPids(root) !== true)
    throw new UsageError(`Cannot find ${quoted(text)}: processes of this pid namespace are not the host's`, {
      hint: "Run it in the host's pid namespace (docker run --pid=host), or use --netns or a filter.",
    });
  const survey = surveyMachine(options);
  const [one, ...others] = candidatesFor(survey, wanted.kinds, wanted.name);
  if (one === undefined) return withoutProcess(wanted.name, wanted.kinds, survey, root);
  if (others.length > 0) throw severalError(text, [one, ...others]);
  return foundRunning(one, survey, options);
}

function foundRunning(target: Candidate, survey: Survey, options: FindOptions): FoundTarget {
  const { root = "/", alone } = options;
  const plan = planFor(target, survey, {
    addressesOf: (pid) => readProcessAddresses(pid, root),
    ownNetns: ownNetns(root),
    alone,
  });
  return Object.freeze({
    what: target.what,
    where: whereWords(plan, target, survey),
    notes: notesOf(plan),
    netns: plan.netns,
    filter: plan.filter,
    life: lifeOf(plan, target),
  });
}

function lifeOf({ own, isAllOwn }: Plan, { kind, processes }: Candidate): TargetLife | undefined {
  if (isAllOwn) return { kind: "netns", inodes: own, pids: processes.map(({ pid }) => pid) };
  const [only] = kind === "pid" ? processes : [];
  return only === undefined ? undefined : { kind: "process", pid: only.pid, startTicks: only.startTicks };
}

async function foundEndpoint(host: string, port: string, options: FindOptions): Promise<FoundTarget> {
  const { what, filter, isLoopback } = await endpointOf(host, port, options);
  const own = isLoopback && options.hasNetns !== true ? ownNetns(options.root) : undefined;
  const where =
    own === undefined
      ? undefined
      : `in network namespace ${own}, this program's own: each has such an address for itself`;
  const netns = own === undefined ? undefined : [own];
  return Object.freeze({ what, where, notes: [], netns, filter, life: undefined });
}

/** A unit that is known and does not run may start: its name is enough. */
function withoutProcess(
  name: string,
  kinds: readonly TargetKind[],
  survey: Survey,
  root: string,
): FoundTarget {
  const unit = kinds.includes("unit")
    ? [name, `${name}.service`].find((one) => hasUnitFile(one, root))
    : undefined;
  if (unit === undefined) throw noneError(name, kinds, survey);
  return Object.freeze({
    what: `unit ${shownName(unit)}, of which no process runs now`,
    where: undefined,
    notes: [],
    netns: undefined,
    filter: `unit ${unit}`,
    life: undefined,
  });
}

function noneError(name: string, kinds: readonly TargetKind[], survey: Survey): UsageError {
  const names = allNames(survey);
  const near = nearest(
    name,
    names.flatMap((one) => [one, bare(one)]),
  );
  const typed = [
    ...new Set(near.flatMap((one) => names.filter((each) => each === one || bare(each) === one))),
  ];
  const meant = typed.length === 0 ? "" : `Did you mean ${typed.slice(0, 3).map(shownName).join(", ")}? `;
  const words = kinds.map((kind) => (kind === "pid" ? "process" : kind));
  const kindWords = [words.slice(0, -1).join(", "), ...words.slice(-1)].filter((part) => part !== "");
  return new UsageError(
    `No ${kindWords.join(" or ")} that runs is called ${quoted(name)}: ${survey.processes.length} processes were looked at`,
    { hint: `${meant}${FORMS}` },
  );
}

/** Without its kind. */
function bare(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function severalError(text: string, candidates: readonly Candidate[]): UsageError {
  const lines = candidates
    .slice(0, MOST_LISTED)
    .map(({ typed, what, processes }) => `  ${shownName(typed)}  ${what}, ${countOf(processes.length)}`);
  const more = candidates.length - lines.length;
  return new UsageError(`${quoted(text)} may be one of ${candidates.length}`, {
    hint: `Write which:\n${lines.join("\n")}${more > 0 ? `\n  and ${more} more` : ""}`,
  });
}

function countOf(processes: number): string {
  return processes === 1 ? "1 process" : `${processes} processes`;
}
