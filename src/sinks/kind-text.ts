/** What of the table's rows is particular to a kind of event: a row here for each. */
import type { Event, Kind, RefusedEvent } from "../model/index.ts";
import { dim } from "./paint.ts";
import { plainText } from "./plain-text.ts";
import type { SinkOptions } from "./sink.ts";
import { stackWriter } from "./stack-text.ts";
import type { Writer } from "./writer.ts";

/** Of the table. */
type UnderOptions = Pick<SinkOptions, "colour" | "columns">;

export interface KindText<K extends Kind = Kind> {
  /** In the source's cell, where the source is not known; undefined for "-". */
  readonly source: (event: Event<K>) => string | undefined;
  readonly flags: (event: Event<K>) => readonly string[] | undefined;
  /** Each cell shows its own group alone: for a group that events share it is written once. */
  readonly sharesCells: boolean;
  /** Makes a writer of what stands under the row, up to and with an empty line. */
  readonly under: (options: UnderOptions) => Writer<Event<K>>;
}

/** Behind the location, where the stack would be. */
const STACK_OMITTED = " (stack left out: too many a second here; --stacks all)";
/** The same where a line must fit a terminal. */
const SHORT_OMITTED = " (stack left out: --stacks all)";
/** What is refused is a SYN, whatever else its header says. */
const SYN = ["SYN"];

const KIND_TEXT: { readonly [K in Kind]: KindText<K> } = {
  drop: {
    source: () => undefined,
    flags: ({ packet }) => packet.flags,
    sharesCells: true,
    under: ({ colour, columns }) =>
      stackWriter(
        colour ? (frame) => dim(plainText(frame)) : plainText,
        columns === undefined ? STACK_OMITTED : SHORT_OMITTED,
      ),
  },
  refused: {
    source: formatCount,
    flags: () => SYN,
    sharesCells: false,
    under: () => (event, out) => out.text(formatQueue(event)),
  },
};

export function kindText(kind: Kind): KindText {
  return KIND_TEXT[kind] as KindText;
}

/** How many SYNs were refused, where none of them was seen itself. */
function formatCount({ detail: { atMost, count } }: RefusedEvent): string {
  return `${atMost ? "at most " : ""}${count} ${count === 1 ? "SYN" : "SYNs"}`;
}

function formatQueue({ detail, site }: RefusedEvent): string {
  const { acceptQueue, acceptQueueLimit } = detail;
  if (acceptQueue === undefined)
    return site.source === "listener"
      ? "\tthe listening socket is gone\n\n"
      : "\tlistening socket unknown: the buffer had no room\n\n";
  return `\taccept queue: ${acceptQueue}, backlog: ${acceptQueueLimit}\n\n`;
}
