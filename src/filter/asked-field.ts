/**
 * What a word of the filter finds in an event, by the registry of fields:
 *
 * - a kind that does not have the field: nothing, so that no value matches and `not` is certain
 * - a kind that has it, and an event without a value: what `absent` says
 */
import { FILTER_FIELDS } from "../model/fields/index.ts";
import type { Event, Kind } from "../model/index.ts";
import type { Unknown } from "./source.ts";

/** For events of one kind; `absent` is undefined where an event without a value has none. */
export function fieldsAsked<K extends Kind>(
  kind: K,
  absent: Unknown | undefined,
): (word: string) => (event: Event<K>) => unknown {
  return (word) => {
    const field = FILTER_FIELDS.get(word);
    if (field?.kinds[kind] === undefined) return () => undefined;
    return (event) => field.get(event) ?? absent;
  };
}
