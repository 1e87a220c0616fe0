/**
 * The programs on dropped skbs, as fast ones as the kernel takes: with loads of headers or without, with the
 * filter or without, and one on tcp_drop() where it is needed.
 */
import type { KernelTypes, MapSpec } from "../../../bpf/index.ts";
import { BuildError, FilterError, SyscallError, VerifierError } from "../../../errors.ts";
import { ERRNO } from "../../../sys/errno.ts";
import { allNetworkMaps, fillNetworkMap, type KernelFilter } from "../../core/filter-steps/index.ts";
import type { HeaderAccess } from "../../core/header-reader.ts";
import type { CaptureKind, Plan, PlannedProgram } from "../../core/kind.ts";
import { KIND } from "../../core/record-head.ts";
import { notePrograms } from "../../core/record-writer.ts";
import { owner } from "../../sections/owner/owner.ts";
import { cpuMemory, siteKey, siteTotal } from "./cpu-memory.ts";
import { type DropHook, kfreeSkbHook, needsTcpDrop, tcpDropHook } from "./drop-hook.ts";
import { type DropDesign, dropDesign } from "./drop-program.ts";
import { filterAsksOwner } from "./drop-sections.ts";
import { prepareOwners } from "./owner-totals.ts";
import type { ProbeRequest } from "./request.ts";

export interface DropPlan extends Plan {
  readonly design: DropDesign;
  /** What of the request the programs do. */
  readonly request: ProbeRequest;
  readonly hook: DropHook;
  /** How packet headers are read. */
  readonly access: HeaderAccess;
  /** One of the programs is on tcp_drop(), since the kernel needs that: the last but one. */
  readonly hasTcpDrop: boolean;
  /** Why records do not say whose the sockets are, though that was asked for. */
  readonly ownerProblem: string | undefined;
}

export const dropKind: CaptureKind<ProbeRequest, DropPlan> = {
  kind: KIND.drop,
  plan: (kernel, request, ring) =>
    planFor(kernel, ring, request, { access: "direct", ownerProblem: missingOwners(kernel, request) }),
};

type Given = Pick<DropPlan, "access" | "ownerProblem">;

function planFor(kernel: KernelTypes, ring: MapSpec, request: ProbeRequest, given: Given): DropPlan {
  const { access, ownerProblem } = given;
  const design = dropDesign(kernel, request, ring);
  const { ring: _ring, owners, answers, ...others } = design.maps;
  const { perCpu, sites } = others;
  const networks = allNetworkMaps(request.filter?.maps ?? new Map());
  const hook = kfreeSkbHook(kernel);
  const onTracepoint: PlannedProgram = { build: () => design.program(access, hook), optional: false };
  const onTcpDrop: PlannedProgram = {
    build: () => design.program(access, tcpDropHook(kernel)),
    optional: true,
  };
  const hasTcpDrop = needsTcpDrop(kernel);
  return {
    layout: design.layout,
    design,
    request,
    hook,
    access,
    hasTcpDrop,
    ownerProblem,
    maps: [
      ...Object.values(others),
      ...[owners, answers].filter((map) => map !== undefined),
      ...networks.map(({ spec }) => spec),
    ],
    demand: () => undefined,
    prepare: (mapOf) => {
      // The entry for all that finds the map full.
      mapOf(sites).update(siteKey.encode({}), siteTotal.encode({}));
      if (owners !== undefined) prepareOwners(mapOf(owners));
      for (const { spec, networks: members } of networks) fillNetworkMap(mapOf(spec), members);
    },
    programs: () => [
      ...notePrograms(kernel, design.layout, perCpu, cpuMemory.size).map((spec) => ({
        build: () => spec,
        optional: true,
      })),
      ...(hasTcpDrop ? [onTcpDrop] : []),
      onTracepoint,
    ],
    otherwise: (failure) => {
      // Direct loads of headers verify since Linux 6.17.
      if (access === "direct" && failure instanceof VerifierError)
        return planFor(kernel, ring, request, { access: "probe", ownerProblem });
      if (!isRefusal(failure)) return undefined;
      const less = withLess(request, failure);
      if (less === undefined) return undefined;
      const problem = asksOwners(request) && !asksOwners(less) ? refusedOwners(failure) : ownerProblem;
      return planFor(kernel, ring, less, { access: "direct", ownerProblem: problem });
    },
  };
}

const NOT_TOLD = "owners are not told";

function asksOwners({ owners, ownerTotals }: ProbeRequest): boolean {
  return owners === true || ownerTotals === true;
}

function missingOwners(kernel: KernelTypes, request: ProbeRequest): string | undefined {
  const answer = asksOwners(request) ? owner.available?.(kernel) : undefined;
  return answer?.kind === "absent" ? `${NOT_TOLD}: ${answer.why}` : undefined;
}

function refusedOwners({ message }: Error): string {
  return `${NOT_TOLD}: the kernel refused the program that reads whose a socket is, and drops are traced without (${message})`;
}

/**
 * Without the packet's bytes; then without totals by owner beside records; then without the filter, if user space
 * can evaluate all of it; then without what says whose the socket is. Undefined where nothing is left to leave
 * out.
 */
function withLess(request: ProbeRequest, failure: Error): ProbeRequest | undefined {
  const { filter } = request;
  if (request.snaplen !== undefined) return { ...request, snaplen: undefined };
  if (request.ownerTotals === true && request.rows) return { ...request, ownerTotals: false };
  if (filter?.optional === true && request.rows) {
    const owners = request.owners === true || filterAsksOwner(filter);
    // What user space has to evaluate first cannot be limited before.
    return { ...request, owners, filter: undefined, sampleOneOf: undefined, maxPerSecond: undefined };
  }
  if (asksOwners(request)) return { ...request, owners: false, ownerTotals: false };
  if (filter === undefined) return undefined;
  throw tooLong(
    filter,
    failure,
    filter.optional
      ? "totals are counted in the kernel"
      : "it asks for bytes of headers, which only the kernel sees",
  );
}

function tooLong({ text }: KernelFilter, failure: Error, why: string): FilterError {
  return new FilterError({
    text,
    start: 0,
    end: text.length,
    problem: `The filter is too long for the kernel's program (${failure.message}), and user space cannot evaluate it: ${why}`,
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
