/**
 * The programs, as fast ones as the kernel takes: with loads of headers or without, with the filter or
 * without, and the one on tcp_drop() where it is needed.
 */
import { attach, type BpfMap, KernelTypes, type MapSpec, Program } from "../../bpf/index.ts";
import type { Btf } from "../../btf/index.ts";
import { BuildError, FilterError, SyscallError, TcpdropError, VerifierError } from "../../errors.ts";
import { ERRNO } from "../../sys/errno.ts";
import { Scope } from "../../sys/scope.ts";
import type { Syscalls } from "../../sys/syscalls.ts";
import { blindSpots } from "../kinds/drop/blind-spots.ts";
import { type DropHook, kfreeSkbHook, tcpDropHook } from "../kinds/drop/drop-hook.ts";
import { dropProgram, type ProbeMaps } from "../kinds/drop/drop-program.ts";
import type { ProbeRequest } from "../kinds/drop/request.ts";
import type { KernelFilter } from "./filter-steps/index.ts";
import type { HeaderAccess } from "./packet-walk.ts";

interface Attached {
  readonly program: Program;
  readonly link: Disposable;
}

export interface Loaded {
  readonly program: Program;
  readonly headerAccess: HeaderAccess;
  readonly tellsSocket: boolean;
  readonly tellsReason: boolean;
  readonly blindSpots: readonly string[];
  readonly filters: boolean;
  /** On tcp_drop(), attached, where the kernel needs it and allows it. */
  readonly tcpDrop: Attached | undefined;
}

/**
 * Where the kernel takes no program with this filter, one without it: user space then asks the whole filter,
 * if it can. `scope` owns what is opened.
 */
export function loadFiltering(
  sys: Syscalls,
  btf: Btf,
  maps: ProbeMaps,
  created: ReadonlyMap<MapSpec, BpfMap>,
  request: ProbeRequest,
  scope: Scope,
): Loaded {
  const { filter } = request;
  try {
    return loadFastest(sys, btf, maps, created, request, scope);
  } catch (failure) {
    if (filter === undefined || !isRefusal(failure)) throw failure;
    if (!filter.optional)
      throw tooLong(filter, failure, "it asks for bytes of headers, which only the kernel sees");
    if (!request.rows) throw tooLong(filter, failure, "totals are counted in the kernel");
    // What user space has to ask first cannot be limited before.
    const unfiltered = { ...request, filter: undefined, sampleOneOf: undefined, maxPerSecond: undefined };
    return loadFastest(sys, btf, maps, created, unfiltered, scope);
  }
}

function tooLong({ text }: KernelFilter, failure: Error, why: string): FilterError {
  const problem = `The filter is too long for the kernel's program (${failure.message}), and user space cannot ask it: ${why}`;
  return new FilterError({
    text,
    start: 0,
    end: text.length,
    problem,
    expected: "fewer comparisons. Lists of ports or networks are cheap, however long they are",
  });
}

/** The verifier says no, the program is too long for it, or for its own jumps. */
function isRefusal(failure: unknown): failure is Error {
  return (
    failure instanceof VerifierError ||
    failure instanceof BuildError ||
    (failure instanceof SyscallError && failure.errno === ERRNO.E2BIG)
  );
}

/**
 * Direct header loads verify from Linux 6.17 on; elsewhere the verifier says no, and bpf_probe_read_kernel
 * reads them.
 */
function loadFastest(
  sys: Syscalls,
  btf: Btf,
  maps: ProbeMaps,
  created: ReadonlyMap<MapSpec, BpfMap>,
  request: ProbeRequest,
  scope: Scope,
): Loaded {
  const kernel = new KernelTypes(btf);
  const hook = kfreeSkbHook(kernel);
  const load = (headerAccess: HeaderAccess): Loaded => {
    const loadAt = (at: DropHook): Program =>
      Program.load(sys, dropProgram(kernel, maps, request, headerAccess, at), btf, created);
    const opened = new Scope();
    try {
      const program = opened.own(loadAt(hook));
      const tcpDrop = openTcpDrop(sys, kernel, loadAt);
      for (const part of typeof tcpDrop === "object" ? [tcpDrop.program, tcpDrop.link] : []) opened.own(part);
      const loaded = {
        headerAccess,
        tellsSocket: hook.sk !== undefined,
        tellsReason: hook.reason !== undefined,
        program,
        filters: request.filter !== undefined,
        tcpDrop: typeof tcpDrop === "string" ? undefined : tcpDrop,
        blindSpots: blindSpots(kernel, {
          tcpDrop: typeof tcpDrop === "object" ? "traced" : tcpDrop,
          byNetns: request.netns !== undefined,
        }),
      };
      scope.own(opened);
      return loaded;
    } catch (failure) {
      opened[Symbol.dispose]();
      throw failure;
    }
  };
  try {
    return load("direct");
  } catch (failure) {
    if (!(failure instanceof VerifierError)) throw failure;
    return load("probe");
  }
}

/** The program on tcp_drop(), undefined where it is not needed, or why there is none. */
function openTcpDrop(
  sys: Syscalls,
  kernel: KernelTypes,
  load: (hook: DropHook) => Program,
): Attached | string | undefined {
  const scope = new Scope();
  try {
    const hook = tcpDropHook(kernel);
    if (hook === undefined) return undefined;
    const program = scope.own(load(hook));
    return { program, link: attach(sys, program) };
  } catch (failure) {
    scope[Symbol.dispose]();
    if (!(failure instanceof TcpdropError) || failure instanceof BuildError) throw failure;
    return `tcp_drop() cannot be probed (${failure.message})`;
  }
}
