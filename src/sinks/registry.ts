/**
 * All sinks by the word after --format. A new sink is a file, a line here, and the contract suite runs over
 * it.
 */
import { UsageError } from "../errors.ts";
import { bccSink } from "./bcc.ts";
import { jsonSink } from "./json.ts";
import type { Sink, SinkOptions } from "./sink.ts";
import { tableSink } from "./table.ts";

export interface SinkKind {
  readonly name: string;
  /** One line for the help and docs/output.md. */
  readonly doc: string;
  /**
   * True: the output is for machines, and lost and summary are part of it; false: they are words on stderr.
   */
  readonly allEvents: boolean;
  readonly create: (options: SinkOptions) => Sink;
}

/** The first one is the default. */
export const SINKS: readonly SinkKind[] = [
  {
    name: "table",
    doc: "for people: bcc's columns, then the reason and what else fits, the stack under it",
    allEvents: false,
    create: tableSink,
  },
  { name: "bcc", doc: "byte for byte the layout of bcc's tcpdrop", allEvents: false, create: bccSink },
  { name: "json", doc: "one JSON object on each line", allEvents: true, create: jsonSink },
];

/** Makes the sink of this name. A UsageError names the others. */
export function createSink(name: string, options: SinkOptions): Sink {
  const kind = SINKS.find((candidate) => candidate.name === name);
  if (kind === undefined)
    throw new UsageError(`Unknown format "${name}"`, {
      hint: `Formats are ${SINKS.map((sink) => sink.name).join(", ")}`,
    });
  return kind.create(options);
}
