/**
 * Settings of the network namespace that this thread is in: files below /proc/sys/net, which shows those of the
 * namespace of whoever opens it (net_ctl_root_lookup(), net/sysctl_net.c).
 */
import { readSmall } from "./below-root.ts";

const SETTINGS = [
  "net/core/somaxconn",
  "net/core/netdev_max_backlog",
  "net/ipv4/ip_forward",
  "net/ipv4/ip_local_port_range",
  "net/ipv4/tcp_abort_on_overflow",
  "net/ipv4/tcp_max_syn_backlog",
  "net/ipv4/tcp_mem",
  "net/ipv4/tcp_mtu_probing",
  "net/ipv4/tcp_rmem",
  "net/ipv4/tcp_syncookies",
  "net/ipv4/tcp_timestamps",
  "net/ipv4/conf/all/rp_filter",
  "net/netfilter/nf_conntrack_count",
  "net/netfilter/nf_conntrack_max",
  "net/netfilter/nf_conntrack_tcp_be_liberal",
  "net/netfilter/nf_conntrack_tcp_loose",
  "net/netfilter/nf_conntrack_tcp_timeout_established",
] as const;

/** Of each device. */
const OF_DEVICE = ["net/ipv4/conf/IFACE/rp_filter", "net/ipv6/conf/IFACE/mtu"] as const;

const MAX_DEVICES = 16;
/** IFNAMSIZ less the NUL; dev_valid_name() in net/core/dev.c has no slash, and not "." or "..". */
const DEVICE_NAME = /^(?!\.{1,2}$)[^/\s:]{1,15}$/;
/** Values are a few numbers; what is longer is none that is asked for. */
const MAX_VALUE = 256;

/** By path below /proc/sys; what is not there is left out. */
export function readNetSysctls(ifnames: readonly string[], root = "/"): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const devices = ifnames.filter((name) => DEVICE_NAME.test(name)).slice(0, MAX_DEVICES);
  const paths = [...SETTINGS, ...devices.flatMap((name) => OF_DEVICE.map((path) => fill(path, name)))];
  for (const path of paths) {
    const value = readSmall(root, `proc/sys/${path}`);
    if (value !== undefined && value.length <= MAX_VALUE) values.set(path, value.replaceAll(/\s+/g, " "));
  }
  return values;
}

/** In a device's name a dot is a slash to sysctl(8), but not in a path. */
function fill(path: string, name: string): string {
  return path.replace("IFACE", () => name);
}
