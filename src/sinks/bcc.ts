/**
 * The bcc sink: byte for byte the layout of bcc's tcpdrop since its v0.34.0, so that scripts go on working.
 *
 *     "%-8s %-7d %-2d %-20s > %-20s %-20s %s (%d)"   TIME PID IP SADDR:SPORT > DADDR:DPORT STATE (FLAGS) REASON (CODE)
 *
 * Where it differs, and what stands for things that bcc does not have:
 * - PID is, as there, the process that was on the CPU. TIME is when the drop happened, not when it was read.
 * - Frames come without Python's b'...', without the tracing machinery's own frames, and with the right
 *   offsets.
 * - Names of reasons are those of the running kernel; UNKNOWN where it has none. Where it gives no reasons,
 *   the code is 0, and a name that the location implies is followed by "inferred".
 * - A drop without a socket (bcc shows none of them) has the state "-".
 * - A port that could not be read is 0, for the column is a number; flags that could not be read are "()".
 * - SYNs that a listening socket refused are left out: they are counts of an interval, and the layout is for
 *   single packets.
 * - Addresses of version 6 stand before their port without brackets, as there.
 */
import { ByteWriter, encoded } from "../bytes/byte-writer.ts";
import type { DropEvent } from "../model/index.ts";
import { CellText } from "./cell-text.ts";
import { plainText } from "./plain-text.ts";
import { makeSink, type Sink, type SinkOptions } from "./sink.ts";
import { stackWriter } from "./stack-text.ts";
import { localTimeOfDay } from "./time-text.ts";
import { sharedWriter, type Writer } from "./writer.ts";

const HEADER = `${"TIME".padEnd(8)} ${"PID".padEnd(7)} ${"IP".padEnd(2)} ${"SADDR:SPORT".padEnd(20)} > ${"DADDR:DPORT".padEnd(20)} ${"STATE (FLAGS)".padEnd(20)} REASON (CODE)\n`;
/** Least widths. */
const PID_WIDTH = 7;
const CELL_WIDTH = 20;
const NO_FLAGS: readonly string[] = [];
const [SPACE, SPACES, ARROW, COLON] = [encoded(" "), encoded("  "), encoded(" > "), encoded(":")];
const [OPEN, INFERRED, END] = [encoded(" ("), encoded(" inferred ("), encoded(")\n")];

export function bccSink(options: SinkOptions): Sink {
  const row = rowWriter(new CellText(new ByteWriter(0), localTimeOfDay(false)));
  const stack = stackWriter(formatFrame);
  return makeSink("bcc", HEADER, (item, out) => {
    if (item.kind !== "drop") return;
    row(item, out);
    if (options.stack) stack(item, out);
  });
}

function rowWriter(cell: CellText): Writer<DropEvent> {
  const pid = sharedWriter<DropEvent>(
    ({ task }) => task,
    ({ task }, out) => {
      const start = out.length;
      cell.number(task.pid);
      out.padTo(start + PID_WIDTH);
      cell.append(SPACE);
    },
  );
  const ends = sharedWriter<DropEvent>(
    ({ flow }) => flow,
    ({ flow }) => {
      cell.number(flow.ip);
      cell.append(SPACES);
      writeEndpoint(flow.saddr, flow.sport, cell);
      cell.append(ARROW);
      writeEndpoint(flow.daddr, flow.dport, cell);
      cell.append(SPACE);
    },
  );
  const reason = sharedWriter<DropEvent>(
    ({ site }) => site,
    ({ site }) => {
      cell.text(site.reason ?? "UNKNOWN");
      cell.append(site.reasonInferred ? INFERRED : OPEN);
      cell.number(site.reasonCode ?? 0);
      cell.append(END);
    },
  );
  return (event, out) => {
    cell.out = out;
    cell.time(event.timeNs);
    cell.append(SPACE);
    pid(event, out);
    ends(event, out);
    const stateAt = out.length;
    cell.word(event.socket?.state);
    cell.append(SPACE);
    cell.flags(event.packet.flags ?? NO_FLAGS);
    out.padTo(stateAt + CELL_WIDTH);
    cell.append(SPACE);
    reason(event, out);
  };
}

function writeEndpoint(address: string, port: number | undefined, cell: CellText): void {
  const start = cell.out.length;
  cell.plain(address);
  cell.append(COLON);
  cell.number(port ?? 0);
  cell.out.padTo(start + CELL_WIDTH);
}

/** bcc's frames name no module. */
function formatFrame(frame: string): string {
  return plainText(frame.replace(/ \[[^\]]*\]$/, ""));
}
