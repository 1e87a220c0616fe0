/**
 * Events and notices as JSON: one flat object each, from the field registry.
 *
 * Text is pure ASCII: everything else is escaped as \uXXXX, so that nothing in a name can reach a terminal.
 */
import { type ByteWriter, encoded } from "../bytes/byte-writer.ts";
import {
  FINDING_FIELDS,
  type Field,
  LOST_FIELDS,
  SUMMARY_FIELDS,
  TOTALS_FIELDS,
} from "../model/fields/index.ts";
import type { TraceItem } from "../model/index.ts";
import { byKind } from "../model/kinds.ts";
import { EVENT_WRITERS } from "./event-lines.gen.ts";
import { EventSteps } from "./event-steps.ts";
import { objectSteps } from "./json-steps.ts";
import { writeSteps } from "./json-values.ts";
import type { Writer } from "./writer.ts";

const LINE_END = encoded("}\n");

export function lineWriter<E>(fields: readonly Field<E>[]): Writer<E> {
  const steps = objectSteps(fields);
  return (of, out) => {
    writeSteps(steps, of, out);
    out.append(LINE_END);
  };
}

/** A writer of anything that a trace gives out, on a line. */
export function itemWriter(): (item: TraceItem, out: ByteWriter) => void {
  const events = byKind((kind) => EVENT_WRITERS[kind](EventSteps.ofKind(kind)));
  const lost = lineWriter(LOST_FIELDS);
  const totals = lineWriter(TOTALS_FIELDS);
  const finding = lineWriter(FINDING_FIELDS);
  const summary = lineWriter(SUMMARY_FIELDS);
  return (item, out) => {
    switch (item.kind) {
      case "lost":
        return lost(item, out);
      case "totals":
        return totals(item, out);
      case "finding":
        return finding(item, out);
      case "summary":
        return summary(item, out);
      default:
        events[item.kind](item, out);
        out.append(LINE_END);
    }
  };
}
