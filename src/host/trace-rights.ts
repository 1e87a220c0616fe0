/** What a trace must be allowed, and what stands in its way where the kernel refuses all the same. */
import { PermissionError, SyscallError, VerifierError } from "../errors.ts";
import { type Capability, lacking, type Rights, readRights } from "./capabilities.ts";
import { NEEDS, type Need } from "./needs.ts";

/** What CAP_SYS_ADMIN stands for as well: bpf_capable() and perfmon_capable(), include/linux/capability.h. */
const OF_ADMIN: ReadonlySet<Capability> = new Set(["CAP_BPF", "CAP_PERFMON"]);

/** Capabilities that this process lacks for it; empty where the machine does not say. */
export function missingFor(
  { capabilities }: Pick<Need, "capabilities">,
  rights: Rights = readRights(),
): readonly Capability[] {
  const isAdmin = rights.capabilities?.has("CAP_SYS_ADMIN") === true;
  return lacking(capabilities, rights).filter((name) => !(isAdmin && OF_ADMIN.has(name)));
}

/** Capabilities without which nothing can be attached. */
export function missingToTrace(rights: Rights = readRights()): readonly Capability[] {
  return missingFor(NEEDS.trace, rights);
}

/** CAP_SYSLOG is for the names of functions. */
const HOW_TO_GET_RIGHTS = [
  "Run as root: sudo tcpdrop. Or give it these alone:",
  "  setpriv --reuid=USER --regid=GROUP --init-groups --inh-caps=+bpf,+perfmon,+syslog --ambient-caps=+bpf,+perfmon,+syslog tcpdrop",
  "  in a systemd unit: AmbientCapabilities=CAP_BPF CAP_PERFMON CAP_SYSLOG",
].join("\n");

/** A PermissionError names what is missing. */
export function demandRights(rights: Rights = readRights()): void {
  const missing = missingToTrace(rights);
  if (missing.length === 0) return;
  throw new PermissionError(`Cannot trace: ${missing.join(" and ")} missing`, missing, {
    hint: HOW_TO_GET_RIGHTS,
  });
}

interface Obstacle {
  readonly what: string;
  readonly hint: string;
}

/**
 * What refuses a process that has the capabilities, the surest first: where it is there, it is what refused.
 */
const OBSTACLES: readonly (Obstacle & { readonly isThere: (rights: Rights) => boolean })[] = [
  {
    isThere: ({ initialUserNamespace }) => initialUserNamespace === false,
    what: "this process is in a user namespace of its own, and capabilities there do not count for bpf(2)",
    hint: "Run it as root of the machine, outside of that user namespace: not in a rootless container.",
  },
  {
    isThere: ({ seccomp }) => seccomp === "filter" || seccomp === "strict",
    what: "a seccomp filter is on this process, as container runtimes install it",
    hint: "Let the filter allow bpf(2) and perf_event_open(2), or run without one (in Docker: --security-opt seccomp=unconfined).",
  },
  {
    isThere: ({ lockdown }) => lockdown === "confidentiality",
    what: "the kernel is locked down (confidentiality), and lets no program read its memory",
    hint: "Boot with lockdown=integrity, or without lockdown.",
  },
];

/**
 * The first thing that would refuse bpf(2) to a process with these rights, whatever its capabilities;
 * undefined where nothing is known.
 */
export function obstacleTo(rights: Rights): Obstacle | undefined {
  return OBSTACLES.find(({ isThere }) => isThere(rights));
}

/**
 * What refused, instead of a bare EPERM: a PermissionError where there is an obstacle, else the failure
 * itself.
 */
export function explainRefusal(failure: unknown, rights: Rights = readRights()): unknown {
  const refused =
    failure instanceof PermissionError || (failure instanceof SyscallError && failure.errnoName === "EPERM");
  const lockedDown = failure instanceof VerifierError && rights.lockdown === "confidentiality";
  const obstacle = refused || lockedDown ? obstacleTo(rights) : undefined;
  if (obstacle === undefined || missingToTrace(rights).length > 0) return failure;
  return new PermissionError(`Cannot trace, although no capability is missing: ${obstacle.what}`, [], {
    cause: failure,
    hint: obstacle.hint,
  });
}
