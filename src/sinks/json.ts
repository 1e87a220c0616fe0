/** The json sink: one object for each event and notice, a line each (NDJSON). */
import { itemWriter } from "./json-lines.ts";
import { makeSink, type Sink, type SinkOptions } from "./sink.ts";

export function jsonSink(_options: SinkOptions): Sink {
  return makeSink("json", "", itemWriter());
}
