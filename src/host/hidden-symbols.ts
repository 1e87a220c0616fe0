/**
 * Why the kernel shows zeros for addresses: kallsyms_show_value in kernel/ksyms_common.c, since Linux 4.15.
 */
import type { Rights } from "./capabilities.ts";

const WHAT = "The kernel hides its symbols' addresses";

/**
 * One sentence that names the reason, one that says what to do. A setting is named only where it is part of
 * the reason.
 *
 *     kptr_restrict 0: CAP_SYSLOG in the initial user namespace, or perf_event_paranoid at most 1
 *     kptr_restrict 1: CAP_SYSLOG in the initial user namespace
 *     kptr_restrict 2: nobody
 */
export function explainHiddenSymbols(rights: Rights): string {
  const setting = rights.kptrRestrict;
  if (setting !== undefined && setting >= 2)
    return `${WHAT} from everybody: kernel.kptr_restrict is ${setting}. Set it to 1 (sysctl kernel.kptr_restrict=1) and start again as root.`;
  if (rights.initialUserNamespace === false)
    return `${WHAT}: this process is in a user namespace of its own, whose CAP_SYSLOG does not count. Start it outside of the container, in the host's user namespace.`;
  const otherwise = setting === 0 ? ", or set kernel.perf_event_paranoid to 1" : "";
  if (rights.capabilities !== undefined && !rights.capabilities.has("CAP_SYSLOG")) {
    const reason =
      setting === 1
        ? "kernel.kptr_restrict is 1, which wants CAP_SYSLOG, and this process lacks it"
        : "this process lacks CAP_SYSLOG";
    return `${WHAT}: ${reason}. Run as root, or give it CAP_SYSLOG${otherwise}.`;
  }
  if (rights.capabilities === undefined)
    return `${WHAT}: it is unknown whether this process has CAP_SYSLOG. Run as root, or give it CAP_SYSLOG${otherwise}.`;
  return `${WHAT}, though this process has CAP_SYSLOG: look for a security module or a sandbox that forbids /proc/kallsyms.`;
}
