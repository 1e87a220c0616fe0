/** Events from the records of a ring, whatever their kind, and how many of each there were. */
import { HEAD } from "../capture/core/record-reader.ts";
import { RecordView } from "../capture/core/record-view.ts";
import type { RecordLayouts } from "../capture/tracer.ts";
import type { EventMaker, EventNaming } from "../enrich/event-maker.ts";
import { MAKERS, type Maker } from "../enrich/makers.ts";
import { DecodeError } from "../errors.ts";
import type { Event, EventId, Kind } from "../model/index.ts";
import { byKind, KINDS } from "../model/kinds.ts";

interface KindRecords {
  readonly kind: Kind;
  readonly maker: Maker;
  events: number;
  undecodable: number;
}

export class LiveRecords {
  /** It knows names of drops that have no event, too. */
  readonly drops: EventMaker;
  readonly #data: Uint8Array;
  readonly #drop: KindRecords;
  /** By the number in a record's head. */
  readonly #byNumber: (KindRecords | undefined)[] = [];
  readonly #byKind: Record<Kind, KindRecords | undefined> = byKind(() => undefined);
  #lastId: EventId = 0;

  /** `data` is the memory of the ring; kinds without a layout are not in it. */
  constructor(data: Uint8Array, layouts: RecordLayouts, naming: EventNaming) {
    this.#data = data;
    const view = new RecordView(data);
    this.drops = MAKERS.drop(view, layouts.drop, naming);
    this.#drop = this.#add("drop", layouts.drop.kind, this.drops);
    for (const kind of KINDS) {
      const layout = layouts[kind];
      if (kind !== "drop" && layout !== undefined)
        this.#add(kind, layout.kind, MAKERS[kind](view, layout, naming));
    }
  }

  /** For events of every kind: no two in a run have the same. */
  nextId(): EventId {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Undefined for a record that cannot be decoded: it is counted, for nothing throws on the hot path. */
  read(offset: number, length: number): Event | undefined {
    // The maker of drops says that a record of no kind is none.
    const records = this.#at(offset) ?? this.#drop;
    let event: Event;
    try {
      event = records.maker.make(offset, length, this.#lastId + 1);
    } catch (failure) {
      if (!(failure instanceof DecodeError)) throw failure;
      records.undecodable += 1;
      return undefined;
    }
    this.#lastId += 1;
    records.events += 1;
    return event;
  }

  /** What kind of record is there; undefined for none. */
  kindAt(offset: number): Kind | undefined {
    return this.#at(offset)?.kind;
  }

  /** Events that were made of records. */
  events(kind: Kind): number {
    return this.#byKind[kind]?.events ?? 0;
  }

  undecodable(kind: Kind): number {
    return this.#byKind[kind]?.undecodable ?? 0;
  }

  #add(kind: Kind, number: number, maker: Maker): KindRecords {
    const records = { kind, maker, events: 0, undecodable: 0 };
    this.#byNumber[number] = records;
    this.#byKind[kind] = records;
    return records;
  }

  #at(offset: number): KindRecords | undefined {
    return this.#byNumber[this.#data[offset + HEAD.kind] ?? 0];
  }
}
