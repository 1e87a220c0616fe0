/**
 * perf and bpftrace need tracefs; they get one in a mount namespace of their own, so that nothing is mounted
 * on the machine.
 */
export function inTracefs(...command: readonly string[]): readonly string[] {
  return [
    "unshare",
    "-m",
    "sh",
    "-c",
    'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"',
    "sh",
    ...command,
  ];
}
