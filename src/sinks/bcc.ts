/**
 * The bcc sink: byte for byte the layout of bcc's tcpdrop since its v0.34.0, so that scripts go on working.
 *
 *     "%-8s %-7d %-2d %-20s > %-20s %-20s %s (%d)"   TIME PID IP SADDR:SPORT > DADDR:DPORT STATE (FLAGS) REASON (CODE)
 *
 * Where it differs, and what stands for things that bcc does not have:
 * - PID is, as there, the process that was on the CPU. TIME is when the drop happened, not when it was read.
 * - Frames come without Python's b'...', without the tracing machinery's own frames, and with the right offsets.
 * - Names of reasons are those of the running kernel; UNKNOWN where it has none. Where it tells no reasons, the code is 0, and a name
 *   that the location told is followed by "inferred".
 * - A drop without a socket (bcc shows none of them) has the state "-".
 * - A port that could not be read is 0, for the column is a number; flags that could not be read are "()".
 * - SYNs that a listening socket refused are left out: they are counts of an interval, and the layout is for single packets.
 * - Addresses of version 6 stand before their port without brackets, as there.
 */
import type { DropEvent } from "../event.ts";
import { plainText } from "./plain-text.ts";
import type { Sink, SinkOptions } from "./sink.ts";
import { formatStack } from "./stack-text.ts";
import type { TimeFormatter } from "./time-text.ts";
import { localTimeOfDay } from "./time-text.ts";

const HEADER = `${"TIME".padEnd(8)} ${"PID".padEnd(7)} ${"IP".padEnd(2)} ${"SADDR:SPORT".padEnd(20)} > ${"DADDR:DPORT".padEnd(20)} ${"STATE (FLAGS)".padEnd(20)} REASON (CODE)\n`;

export function bccSink(options: SinkOptions): Sink {
  const time = localTimeOfDay(false);
  return {
    name: "bcc",
    header: () => HEADER,
    format(event) {
      if (event.type !== "drop") return "";
      const row = formatRow(event, time);
      return options.stack ? row + formatStack(event, formatFrame) : row;
    },
  };
}

function formatRow(event: DropEvent, time: TimeFormatter): string {
  const from = `${event.saddr}:${event.sport ?? 0}`;
  const to = `${event.daddr}:${event.dport ?? 0}`;
  const state = `${plainText(event.state ?? "-")} (${(event.flags ?? []).join("|")})`;
  const reason = `${plainText(event.reason ?? "UNKNOWN")}${event.reasonInferred ? " inferred" : ""} (${event.reasonCode ?? 0})`;
  const pid = String(event.cpuPid);
  return `${time(event.timeNs)} ${pid.padEnd(7)} ${event.ip}  ${from.padEnd(20)} > ${to.padEnd(20)} ${state.padEnd(20)} ${reason}\n`;
}

/** bcc's frames name no module. */
function formatFrame(frame: string): string {
  return plainText(frame.replace(/ \[[^\]]*\]$/, ""));
}
