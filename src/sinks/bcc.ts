/**
 * The layout of bcc's tcpdrop as of v0.34.0, byte for byte, for scripts that read it; only Python's b'...' around frames is left out.
 *
 * Where bcc has nothing to say because it does not show such drops: a state that is not known is "-", no flags are "()", a port that
 * could not be read is 0, and a reason without a name is UNKNOWN, as there. Frames carry no module, as there.
 */
import type { DropEvent } from "../event.ts";
import type { Sink, SinkOptions } from "./sink.ts";
import { formatLocalTime, formatStack } from "./text.ts";

/** "%-8s %-7s %-2s %-20s > %-20s %-20s %s" */
function row(cells: readonly [time: string, pid: string, ip: string, source: string, destination: string, state: string, reason: string]): string {
  const [time, pid, ip, source, destination, state, reason] = cells;
  return `${time.padEnd(8)} ${pid.padEnd(7)} ${ip.padEnd(2)} ${source.padEnd(20)} > ${destination.padEnd(20)} ${state.padEnd(20)} ${reason}\n`;
}

function formatDrop(event: DropEvent): string {
  return row([
    formatLocalTime(event.timeNs),
    String(event.cpuPid),
    String(event.ip),
    `${event.saddr}:${event.sport ?? 0}`,
    `${event.daddr}:${event.dport ?? 0}`,
    `${event.state ?? "-"} (${(event.flags ?? []).join("|")})`,
    `${event.reason ?? "UNKNOWN"} (${event.reasonCode})`,
  ]);
}

export function bccSink({ stack }: SinkOptions): Sink {
  return {
    name: "bcc",
    header: () => row(["TIME", "PID", "IP", "SADDR:SPORT", "DADDR:DPORT", "STATE (FLAGS)", "REASON (CODE)"]),
    format(event) {
      if (event.type !== "drop") return "";
      return formatDrop(event) + (stack ? formatStack((event.stack ?? []).map((frame) => frame.replace(/ \[[^\]]*\]$/, ""))) : "");
    },
  };
}
