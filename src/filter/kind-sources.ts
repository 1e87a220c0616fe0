/** What filters know of events, by their kind. */
import type { Event, Kind } from "../model/index.ts";
import { dropSource } from "./drop-source.ts";
import { refusedSource } from "./refused-source.ts";
import type { Source } from "./source.ts";

/** Called for each filter: a source may have a memory of its own. */
const KIND_SOURCES: { readonly [K in Kind]: () => Source<Event<K>> } = {
  drop: dropSource,
  refused: () => refusedSource,
};

export function sourceOf(kind: Kind): Source<Event> {
  return KIND_SOURCES[kind]() as Source<Event>;
}
