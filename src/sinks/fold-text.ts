/** One line for equal rows that are not shown: how many, and what they have in common. */
import type { ByteWriter } from "../bytes/byte-writer.ts";
import { EVENT_FIELDS } from "../model/fields/index.ts";
import type { Event } from "../model/index.ts";
import { plainText } from "./plain-text.ts";
import { reasonText } from "./reason-text.ts";
import { textOf } from "./sink.ts";
import { interfaceText } from "./table-columns.ts";
import { localTimeOfDay } from "./time-text.ts";
import { type Cell, lengthOf, writeWrapped } from "./wrapped-row.ts";

interface End {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

export interface FoldedRows {
  /** The last of them. */
  readonly event: Event;
  readonly rows: number;
  /** Drops, or SYNs. */
  readonly count: number;
  /** What differs between them is undefined. */
  readonly source: End;
  readonly destination: End;
  /** Whose they were, as the column has it: "*" where that differs; undefined where nobody looked. */
  readonly owner: string | undefined;
}

export interface FoldOptions {
  readonly colour: boolean;
  readonly columns: number;
  /** How long they were counted. */
  readonly ms: number;
}

const second = localTimeOfDay(false);
/** As the column has them. */
const DIRECTION_WORDS = EVENT_FIELDS.find(({ name }) => name === "direction")?.column?.words ?? {};

/** "04:04:05 x 5,612 in the last second: 192.0.2.66:* > 198.51.100.10:443 NO_SOCKET refused rx eth0 ..." */
export function writeFold(folded: FoldedRows, { colour, columns, ms }: FoldOptions, out: ByteWriter): void {
  const { event, count, source, destination } = folded;
  const { site, device, flow } = event;
  const plain = (text: string): Cell => ({ text, isPainted: false, width: text.length });
  const painted = (text: string): Cell => ({ text, isPainted: colour, width: text.length });
  const who = [
    plain(textOf((to) => second(event.timeNs, to))),
    plain(`x ${count.toLocaleString("en-US")} in the last ${lengthText(ms)}:`),
    plain(endText(flow?.ip, source)),
    plain(">"),
    plain(endText(flow?.ip, destination)),
  ];
  const why = [
    painted(reasonText(site)),
    painted(event.class),
    plain(DIRECTION_WORDS[flow?.direction ?? "unknown"] ?? flow?.direction ?? "-"),
    plain(plainText(interfaceText(device) ?? "-")),
    ...(folded.owner === undefined ? [] : [plain(folded.owner)]),
    plain(site.location === undefined ? "-" : plainText(site.location)),
  ];
  const isOneLine = lengthOf([...who, ...why]) <= columns;
  writeWrapped(isOneLine ? [[...who, ...why]] : [who, why], columns, event.class, out);
}

/** "*" for what differs. */
function endText(ip: 4 | 6 | undefined, { address, port }: End): string {
  if (address === undefined) return port === undefined ? "*" : `*:${port}`;
  return `${ip === 6 ? `[${address}]` : address}:${port ?? "*"}`;
}

/** A timer of one second is never quite on time. */
const ABOUT_A_SECOND_MS = 1100;

function lengthText(ms: number): string {
  return ms <= ABOUT_A_SECOND_MS ? "second" : `${(ms / 1000).toFixed(1)} s`;
}
