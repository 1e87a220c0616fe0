/** What a run needs rights for: which, when, and what is lost without them. Plain data. */
import type { Capability } from "./capabilities.ts";

/**
 * `start`: only until everything is attached; the right may be given up after that. `running` and `end`: as
 * long as drops are traced, and for the last readings.
 */
export type When = "start" | "running" | "end";

export interface Need {
  /** What is done with it. */
  readonly what: string;
  /** All of them; CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON. */
  readonly capabilities: readonly Capability[];
  readonly when: readonly When[];
  /** Where that is not everywhere: on which kernels, with which settings. */
  readonly only?: string;
  /** What is lost without it. */
  readonly without: string;
}

/**
 * Each was tried by giving up all rights where `when` says that they are not needed any more, on 6.18 with
 * kernel.unprivileged_bpf_disabled 2.
 */
export const NEEDS = {
  trace: {
    what: "load and attach programs, create maps: bpf(2), perf_event_open(2)",
    capabilities: ["CAP_BPF", "CAP_PERFMON"],
    when: ["start"],
    without: "nothing can be traced",
  },
  memory: {
    what: "raise RLIMIT_MEMLOCK for maps",
    capabilities: ["CAP_SYS_RESOURCE"],
    when: ["start"],
    only: "kernels before 5.11 that charge maps to it, and a limit that is too low",
    without: "maps do not fit: raise the limit before (ulimit -l), or ask for less with --buffer",
  },
  maps: {
    what: "read counters and totals, open iterators: bpf(2) on what is held",
    capabilities: ["CAP_BPF"],
    when: ["running", "end"],
    // https://git.kernel.org/linus/c8644cd0efe7
    only: "kernels before 5.19, where kernel.unprivileged_bpf_disabled is not 0; later ones ask at the start",
    without: "no counters: a run cannot end with its sums",
  },
  symbols: {
    what: "see addresses in /proc/kallsyms and /proc/modules, which are then held open",
    capabilities: ["CAP_SYSLOG"],
    when: ["start"],
    without: "functions are bare addresses, and what is harmless only at some locations counts as a loss",
  },
  statistics: {
    what: "measure run times, held until the end: bpf(BPF_ENABLE_STATS)",
    capabilities: ["CAP_SYS_ADMIN"],
    when: ["start"],
    only: "--stats",
    without: "what tracing costs is not measured",
  },
  enter: {
    what: "enter network namespaces: setns(2)",
    capabilities: ["CAP_SYS_ADMIN"],
    when: ["running", "end"],
    only: "counts of refused SYNs, owners of drops without a socket, and the kernel's counters of another namespace than the own",
    without: "none of them is known of other namespaces",
  },
  find: {
    what: "find network namespaces of other users' processes: links in /proc/PID/ns and /proc/PID/fd",
    capabilities: ["CAP_SYS_PTRACE"],
    when: ["start", "running"],
    only: "counts of refused SYNs, owners, --netns pid:PID and INODE",
    without: "only namespaces with a name in /run/netns, and those of own processes, are found",
  },
  programs: {
    what: "read links of other users' processes: their program, and the folder that says what a container is called",
    capabilities: ["CAP_SYS_PTRACE"],
    when: ["running"],
    only: "owners",
    without: "owners have no path of their program, and most containers no name and image",
  },
  cgroups: {
    what: "open cgroups by their number: open_by_handle_at(2)",
    capabilities: ["CAP_DAC_READ_SEARCH"],
    when: ["running"],
    only: "owners",
    without: "their tree is walked, at most once a second: cgroups that are new or gone are not known",
  },
} as const satisfies Readonly<Record<string, Need>>;

export type NeedName = keyof typeof NEEDS;

/** What a run is to do, as far as rights go. */
export interface Wanted {
  /** What tracing costs. */
  readonly cost: boolean;
  /** Other network namespaces are entered: for counts of refused SYNs, the kernel's counters, or owners. */
  readonly namespaces: boolean;
  /** Whose drops are is looked up. */
  readonly owners?: boolean;
}

/** The names of what such a run needs, in the order of the table. */
export function needsOf({ cost, namespaces, owners = false }: Wanted): readonly NeedName[] {
  const left: readonly NeedName[] = [
    ...(cost ? [] : (["statistics"] as const)),
    ...(namespaces ? [] : (["enter", "find"] as const)),
    ...(owners ? [] : (["programs", "cgroups"] as const)),
  ];
  return (Object.keys(NEEDS) as NeedName[]).filter((name) => !left.includes(name));
}
