/** The lookup of owners for a run that is open. */
import { ProcessWalker } from "../../capture/iterators/process-walker.ts";
import { SocketFileWalker } from "../../capture/iterators/socket-file-walker.ts";
import { UserMemory } from "../../capture/memory/user-memory.ts";
import { PermissionError, UnsupportedError, VerifierError } from "../../errors.ts";
import { listLocalAddresses } from "../../host/local-addresses.ts";
import { ownNetns } from "../../host/netns.ts";
import { ipNetnsNames } from "../../host/owner/netns-name.ts";
import { seesHostPids } from "../../host/owner/process-facts.ts";
import { listTcpListeners, lookUpTcp } from "../../host/sock-diag.ts";
import type { OwnerMissing } from "../../model/index.ts";
import {
  DEFAULT_OWNER_BUDGET_PERCENT,
  DEFAULT_OWNER_WAIT_MS,
  type TraceRequest,
} from "../../settings/request.ts";
import { demandProcesses } from "../../source/filter-here.ts";
import type { OpenLive } from "../../source/open-live.ts";
import { libcSyscalls } from "../../sys/libc.ts";
import { Scope } from "../../sys/scope.ts";
import type { Syscalls } from "../../sys/syscalls.ts";
import type { Lookup } from "../lookup.ts";
import { AddressBook } from "./address-book.ts";
import { CoarseClock } from "./coarse-clock.ts";
import { Finder } from "./finder.ts";
import { HostNames } from "./host-names.ts";
import { LiveSockets } from "./live-sockets.ts";
import { LongerMemory } from "./longer-memory.ts";
import { NamespaceWays } from "./namespace-ways.ts";
import { NetnsNamer } from "./netns-namer.ts";
import { OwnerLookup, type OwnerLookupParts } from "./owner-lookup.ts";
import { Problems } from "./problems.ts";
import { Questions } from "./questions.ts";
import { RunningWalks } from "./running-walks.ts";
import { SocketBook } from "./socket-book.ts";
import { WalkBudget } from "./walk-budget.ts";

export interface OwnerLookupOptions {
  /** `cgroup`: processes are not looked for, only what the record says is told. */
  readonly mode: "cgroup" | "process";
  /** Percent of a core that walks over all processes may take. */
  readonly budgetPercent: number;
  /** How long events wait. */
  readonly waitMs: number;
  /** The kernel remembers who used each TCP socket last, for a cost at each connection. */
  readonly remembers: boolean;
}

/** For a request that wants owners (asked.ts). Closes the source where this fails. */
export function ownerLookups(
  { owners, ownerWaitMs, ownerBudgetPercent, ownerMemory = false }: TraceRequest,
  live: OpenLive,
): readonly Lookup[] {
  let opened: OwnerLookup | undefined;
  try {
    const options: OwnerLookupOptions = {
      mode: owners === "cgroup" ? "cgroup" : "process",
      budgetPercent: ownerBudgetPercent ?? DEFAULT_OWNER_BUDGET_PERCENT,
      waitMs: ownerWaitMs ?? DEFAULT_OWNER_WAIT_MS,
      remembers: ownerMemory,
    };
    const lookup = openOwnerLookup(libcSyscalls, live, options);
    opened = lookup;
    if (lookup.lacksProcesses && live.filter !== undefined) demandProcesses(live.filter, lookup.problems());
    return [lookup];
  } catch (failure) {
    void opened?.[Symbol.asyncDispose]();
    live.source[Symbol.dispose]();
    throw failure;
  }
}

const nowMs = (): number => performance.now();

/**
 * Loads what looks at processes; where rights lack, processes are not told, and `problems` says so. Other
 * errors are those of `Program.load`.
 */
export function openOwnerLookup(
  sys: Syscalls,
  { held, btf }: Pick<OpenLive, "held" | "btf">,
  { mode, budgetPercent, waitMs, remembers }: OwnerLookupOptions,
): OwnerLookup {
  const scope = new Scope();
  const problems = new Problems();
  const running = new RunningWalks();
  const seesHost = seesHostPids() ?? false;
  const names = scope.own(new HostNames(sys, seesHost));
  const clock = new CoarseClock(nowMs);
  const book = new SocketBook();
  const ways = new NamespaceWays({ entry: held.namespaces, own: ownNetns(), nowMs });
  const iterators = mode === "cgroup" ? undefined : openIterators(sys, btf, scope, seesHost, problems);
  const users =
    remembers && iterators?.sockets !== undefined ? openMemory(sys, btf, scope, problems) : undefined;
  const budget = new WalkBudget(budgetPercent / 100, nowMs);
  /** Mistakes of ours end the run. */
  const failed = (what: string, failure: unknown): void => {
    try {
      problems.add(what, failure);
    } catch (mistake) {
      lookup.fail(mistake);
    }
  };
  const onFailure = (failure: unknown): void => failed("processes could not be looked at", failure);
  const finder =
    iterators?.sockets === undefined
      ? undefined
      : new Finder({
          machine: new LiveSockets(iterators.sockets, names, onFailure, running),
          book,
          budget,
          nowMs,
          patienceMs: waitMs,
          onWalked: () => lookup.onProgress(),
          onFailure,
        });
  const { processes } = iterators ?? {};
  const lookup = new OwnerLookup({
    finder,
    missing: iterators?.missing,
    ...namespaceTables(ways, failed),
    namer: new NetnsNamer({
      processes: processes === undefined ? undefined : () => running.add(processes.walk()),
      ipNetnsNames: () => ipNetnsNames(),
      seesHost,
      ownPid: process.pid,
      names,
      nowMs,
      onNamed: () => lookup.onProgress(),
      onFailure,
    }),
    prepare: () => mode === "cgroup" || ways.prepare(),
    names,
    memory: users === undefined ? book : new LongerMemory(book, users, nowMs),
    nowMs,
    coarseMs: () => clock.nowMs(),
    problems: () => problems.all(ways.refusal),
    close: () => {
      scope[Symbol.dispose]();
      return running.ended();
    },
  });
  return lookup;
}

function openMemory(
  sys: Syscalls,
  btf: OpenLive["btf"],
  scope: Scope,
  problems: Problems,
): UserMemory | undefined {
  try {
    return scope.own(UserMemory.open(sys, btf));
  } catch (failure) {
    if (!(failure instanceof VerifierError || failure instanceof UnsupportedError)) throw failure;
    problems.say("who used a socket last is not remembered: that needs Linux 5.12");
    return undefined;
  }
}

/** What the kernel is asked in a network namespace. */
function namespaceTables(
  ways: NamespaceWays,
  failed: (what: string, failure: unknown) => void,
): Pick<OwnerLookupParts, "questions" | "addresses"> {
  return {
    questions: new Questions({
      ways,
      tables: { lookUp: lookUpTcp, listeners: listTcpListeners },
      nowMs,
      onProblem: (failure) => failed("the kernel could not be asked for sockets", failure),
    }),
    addresses: new AddressBook({
      ways,
      list: listLocalAddresses,
      nowMs,
      onProblem: (failure) => failed("addresses of a network namespace could not be listed", failure),
    }),
  };
}

interface Iterators {
  readonly sockets: SocketFileWalker | undefined;
  readonly processes: ProcessWalker | undefined;
  readonly missing: OwnerMissing | undefined;
}

function openIterators(
  sys: Syscalls,
  btf: OpenLive["btf"],
  scope: Scope,
  seesHost: boolean,
  problems: Problems,
): Iterators {
  const nothing = { sockets: undefined, processes: undefined };
  if (!seesHost) {
    problems.say(
      "owners are told without processes: this pid namespace is not the host's (run with the host's pid namespace)",
    );
    return { ...nothing, missing: "pid_namespace" };
  }
  try {
    const sockets = scope.own(SocketFileWalker.open(sys, btf));
    return { sockets, processes: scope.own(ProcessWalker.open(sys, btf)), missing: undefined };
  } catch (failure) {
    if (failure instanceof PermissionError) {
      problems.say("owners are told without processes: CAP_BPF and CAP_PERFMON are needed to look at them");
      return { ...nothing, missing: "rights" };
    }
    if (!(failure instanceof VerifierError || failure instanceof UnsupportedError)) throw failure;
    problems.add("owners are told without processes", failure);
    return { ...nothing, missing: "not_found" };
  }
}
