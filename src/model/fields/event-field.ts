/** One field of an event: also of which kinds, in which group, and where else it shows. */
import type { Event } from "../event.ts";
import type { Kind } from "../kinds.ts";
import type { Field, Typed } from "./field.ts";

/** Which part of an event a field reads, and no other: so that what is shared is encoded once. */
export type Group = keyof typeof SHARED_GROUPS | "event" | "packet" | "detail";

/** Groups that events share, as objects: absent where nothing of them is known. */
export const SHARED_GROUPS = {
  flow: (event: Event) => event.flow,
  outer: (event: Event) => event.outer,
  site: (event: Event) => event.site,
  device: (event: Event) => event.device,
  socket: (event: Event) => event.socket,
  identity: (event: Event) => event.identity,
  task: (event: Event) => event.task,
  stack: (event: Event) => event.stack,
  owner: (event: Event) => event.owner,
  netns: (event: Event) => event.netns,
} as const satisfies Readonly<Record<string, (event: Event) => object | undefined>>;

/**
 * Kinds that have the field; `sometimes` where an event of the kind may lack it. `unlisted`: what the event
 * stands for has it, and no line shows it; `get` gives it where it is known.
 */
export type Presence = Readonly<Partial<Record<Kind, "always" | "sometimes" | "unlisted">>>;

/** A word of the filter language that asks for the field. */
export interface FilterWord {
  readonly word: string;
  /** How it is written; capitals stand for what is put in. */
  readonly form: string;
  /** Forms that parse, of which the first is shown. */
  readonly examples: readonly string[];
  readonly meaning: string;
  /** What stands behind the word, for messages. */
  readonly argument: string;
  /** Words that can stand there, for completion. */
  readonly values?: readonly string[];
}

/** A column of the table for people. */
export interface ColumnSpec {
  readonly title: string;
  /** Least width in characters: cells that are longer push the rest to the right. */
  readonly width: number;
  readonly doc: string;
  /** Columns stand in this order; the head, which is never left out, before HEAD_END. */
  readonly at: number;
  /** Undefined: always there. Else lower ranks come first where the width does not suffice for all. */
  readonly rank?: number;
  /** Takes the stack's room: only where stacks are not shown. */
  readonly onlyWithoutStack?: true;
  /** Painted in the colour of the event's class. */
  readonly painted?: true;
  /** Other words for some values. */
  readonly words?: Readonly<Record<string, string>>;
}
export const HEAD_END = 100;

interface EventFieldBase {
  readonly name: string;
  readonly doc: string;
  readonly group: Group;
  readonly kinds: Presence;
  /** Of a text: the only words that events of a kind have there. */
  readonly oneOfKind?: Readonly<Partial<Record<Kind, readonly string[]>>>;
  readonly filter?: FilterWord;
  readonly column?: ColumnSpec;
}
export type EventField = EventFieldBase & Typed<Event>;

/** The fields of a group, which need not name it each. */
export function inGroup(group: Group, fields: readonly (Omit<EventFieldBase, "group"> & Typed<Event>)[]) {
  return fields.map((field): EventField => ({ ...field, group }));
}

/** The field as lines of one kind have it; undefined where they have not. */
export function ofKind(field: EventField, kind: Kind): Field<Event> | undefined {
  const presence = field.kinds[kind];
  if (presence === undefined || presence === "unlisted") return undefined;
  const optional = presence === "sometimes";
  const oneOf = field.oneOfKind?.[kind];
  return field.type === "text" && oneOf !== undefined
    ? { ...field, oneOf, optional }
    : { ...field, optional };
}
