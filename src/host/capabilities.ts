/**
 * What this process is allowed to do, and what could stand in its way: capabilities, user namespace, seccomp,
 * lockdown, sysctls.
 */
import { readNumber, readSmall } from "./below-root.ts";

/**
 * By number: include/uapi/linux/capability.h; CAP_PERFMON and CAP_BPF since Linux 5.8, CAP_CHECKPOINT_RESTORE
 * since 5.9.
 */
export const CAPABILITIES = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
] as const;

export type Capability = (typeof CAPABILITIES)[number];

export type SeccompMode = "off" | "strict" | "filter";
const SECCOMP_MODES: readonly SeccompMode[] = ["off", "strict", "filter"];

/** Absent is what the machine does not say. */
export interface Rights {
  /** Effective ones; undefined where /proc/self/status cannot be read. */
  readonly capabilities: ReadonlySet<Capability> | undefined;
  /** False in a user namespace of its own, whose capabilities mean little to bpf(2) and kallsyms. */
  readonly initialUserNamespace: boolean | undefined;
  readonly seccomp: SeccompMode | undefined;
  /**
   * "none", "integrity" or "confidentiality"; undefined where the kernel has no lockdown or securityfs is not
   * mounted.
   */
  readonly lockdown: string | undefined;
  /** kernel.unprivileged_bpf_disabled */
  readonly unprivilegedBpfDisabled: number | undefined;
  /** kernel.kptr_restrict */
  readonly kptrRestrict: number | undefined;
  /** kernel.perf_event_paranoid */
  readonly perfEventParanoid: number | undefined;
}

/** Rights of this process, as the files below `root` say. Never throws. */
export function readRights(root = "/"): Rights {
  const status = readSmall(root, "proc/self/status");
  const uidMap = readSmall(root, "proc/self/uid_map");
  const lockdown = readSmall(root, "sys/kernel/security/lockdown");
  return {
    capabilities: status === undefined ? undefined : parseEffectiveCapabilities(status),
    initialUserNamespace: uidMap === undefined ? undefined : /^0\s+0\s+4294967295$/.test(uidMap),
    seccomp: status === undefined ? undefined : parseSeccompMode(status),
    lockdown: lockdown === undefined ? undefined : /\[(\w+)\]/.exec(lockdown)?.[1],
    unprivilegedBpfDisabled: readNumber(root, "proc/sys/kernel/unprivileged_bpf_disabled"),
    kptrRestrict: readNumber(root, "proc/sys/kernel/kptr_restrict"),
    perfEventParanoid: readNumber(root, "proc/sys/kernel/perf_event_paranoid"),
  };
}

/**
 * The set in the `CapEff:` line of /proc/PID/status; undefined without such a line. Bits without a name here
 * are left out.
 */
export function parseEffectiveCapabilities(status: string): ReadonlySet<Capability> | undefined {
  const digits = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(status)?.[1];
  if (digits === undefined) return undefined;
  const bits = BigInt(`0x${digits}`);
  return new Set(CAPABILITIES.filter((_name, number) => ((bits >> BigInt(number)) & 1n) === 1n));
}

function parseSeccompMode(status: string): SeccompMode | undefined {
  const mode = /^Seccomp:\s*(\d{1,3})$/m.exec(status)?.[1];
  return mode === undefined ? undefined : SECCOMP_MODES[Number(mode)];
}

/** Those of the wanted capabilities that this process lacks; none where the machine does not say. */
export function lacking<const C extends Capability>(
  wanted: readonly C[],
  { capabilities }: Rights = readRights(),
): readonly C[] {
  return wanted.filter((name) => capabilities?.has(name) === false);
}
