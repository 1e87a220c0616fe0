/** Who makes events of records, by their kind: a row here for each. */
import type { RecordLayout } from "../capture/core/record-layout.ts";
import type { RecordView } from "../capture/core/record-view.ts";
import type { Event, EventId, Kind } from "../model/index.ts";
import { EventMaker, type EventNaming } from "./event-maker.ts";
import { RefusedMaker } from "./refused-maker.ts";

export interface Maker<K extends Kind = Kind> {
  /** The event of the record at `base`. A DecodeError where it is none; then nothing of it is believed. */
  make(base: number, length: number, id: EventId): Event<K>;
}

interface Makers extends Readonly<Record<Kind, Maker>> {
  readonly drop: EventMaker;
}

/** `view` is the memory that records of this layout lie in. */
export const MAKERS: {
  readonly [K in Kind]: (view: RecordView, layout: RecordLayout<never>, naming: EventNaming) => Makers[K];
} = {
  drop: (view, layout, naming) => new EventMaker(view, layout, naming),
  refused: (view, layout, { clock }) => new RefusedMaker(view, layout, clock),
};
