/** Why the kernel shows zeros for addresses: kallsyms_show_value in kernel/ksyms_common.c, since Linux 4.15. */
import type { Rights } from "./capabilities.ts";

/**
 * One sentence that names the reason, one that says what to do.
 *
 *     kptr_restrict 0: CAP_SYSLOG, or perf_event_paranoid at most 1
 *     kptr_restrict 1: CAP_SYSLOG in the initial user namespace
 *     kptr_restrict 2: nobody
 */
export function explainHiddenSymbols(rights: Rights): string {
  const setting = rights.kptrRestrict;
  if (setting !== undefined && setting >= 2) {
    return `The kernel hides its symbols' addresses from everybody: kernel.kptr_restrict is ${setting}. Set it to 1 (sysctl kernel.kptr_restrict=1) and start again as root.`;
  }
  const value = setting === undefined ? "" : ` (kernel.kptr_restrict is ${setting})`;
  if (rights.initialUserNamespace === false) {
    return `The kernel hides its symbols' addresses${value}: this process is in a user namespace, whose CAP_SYSLOG does not count. Start it outside of the container, or in the host's user namespace.`;
  }
  if (rights.capabilities !== undefined && !rights.capabilities.has("CAP_SYSLOG")) {
    return `The kernel hides its symbols' addresses${value}: the process lacks CAP_SYSLOG. Run as root, or give it CAP_SYSLOG.`;
  }
  return `The kernel hides its symbols' addresses${value}, though nothing seems to be missing: look for a security module or a sandbox that forbids /proc/kallsyms.`;
}
