/** The sinks by the name that --format takes. */
import { bccSink } from "./bcc.ts";
import { jsonSink } from "./json.ts";
import type { Sink, SinkOptions } from "./sink.ts";
import { tableSink } from "./table.ts";

export const SINKS: Readonly<Record<string, (options: SinkOptions) => Sink>> = {
  table: tableSink,
  bcc: bccSink,
  json: jsonSink,
};
