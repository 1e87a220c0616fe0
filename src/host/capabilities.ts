/** What the process may do, from /proc/self/status. */
import { readFileSync } from "node:fs";

/** Bits of include/uapi/linux/capability.h that matter here; CAP_BPF and CAP_PERFMON since Linux 5.8. */
export const CAPABILITIES = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21, CAP_SYS_RESOURCE: 24, CAP_SYSLOG: 34, CAP_PERFMON: 38, CAP_BPF: 39 } as const;

export type Capability = keyof typeof CAPABILITIES;

/** The effective ones. */
export function effectiveCapabilities(root = "/"): ReadonlySet<Capability> {
  const status = readFileSync(`${root.replace(/\/$/, "")}/proc/self/status`, "utf8");
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return new Set((Object.keys(CAPABILITIES) as Capability[]).filter((name) => ((bits >> BigInt(CAPABILITIES[name])) & 1n) === 1n));
}

/** Those without which nothing can be attached: CAP_SYS_ADMIN stands for both. */
export function missingToTrace(held: ReadonlySet<Capability>): readonly Capability[] {
  if (held.has("CAP_SYS_ADMIN")) return [];
  return (["CAP_BPF", "CAP_PERFMON"] as const).filter((name) => !held.has(name));
}
