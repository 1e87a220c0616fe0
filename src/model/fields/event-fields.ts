/**
 * Every field of an event, in the order of a line of JSON: the one registry. A new field is a row of its
 * group's file.
 */
import type { Event } from "../event.ts";
import { byKind, type Kind } from "../kinds.ts";
import { DEVICE_FIELDS } from "./device.ts";
import { type EventField, type Group, ofKind } from "./event-field.ts";
import type { Field } from "./field.ts";
import { FLOW_FIELDS } from "./flow.ts";
import { CLASS_FIELD, HEAD_FIELDS } from "./head.ts";
import { IDENTITY_FIELDS } from "./identity.ts";
import { OUTER_FIELDS } from "./outer.ts";
import { NETNS_FIELDS, OWNER_FIELDS } from "./owner.ts";
import { PACKET_FIELDS } from "./packet.ts";
import { INTERVAL_FIELDS, QUEUE_FIELDS } from "./refused.ts";
import { SITE_FIELDS } from "./site.ts";
import { SOCKET_FIELDS } from "./socket.ts";
import { STACK_FIELDS } from "./stack.ts";
import { TASK_FIELDS } from "./task.ts";

export const EVENT_FIELDS: readonly EventField[] = [
  ...HEAD_FIELDS,
  ...INTERVAL_FIELDS,
  ...TASK_FIELDS,
  ...FLOW_FIELDS,
  ...OUTER_FIELDS,
  ...SOCKET_FIELDS,
  ...OWNER_FIELDS,
  ...IDENTITY_FIELDS,
  ...PACKET_FIELDS,
  ...SITE_FIELDS,
  CLASS_FIELD,
  ...STACK_FIELDS,
  ...DEVICE_FIELDS,
  ...NETNS_FIELDS,
  ...QUEUE_FIELDS,
];

/** A field of one kind's events. */
export type KindField = Field<Event> & { readonly group: Group };

/** By kind: its fields, after the one that names the kind. */
const FIELDS_BY_KIND = Object.freeze(byKind(fieldsOfKind));

export function fieldsOf(kind: Kind): readonly KindField[] {
  return FIELDS_BY_KIND[kind];
}

function fieldsOfKind(kind: Kind): readonly KindField[] {
  return [
    {
      name: "type",
      group: "event",
      type: "text",
      oneOf: [kind],
      doc: "Kind of this line.",
      get: (event) => event.kind,
    },
    ...EVENT_FIELDS.flatMap((field) => {
      const own = ofKind(field, kind);
      return own === undefined ? [] : [{ ...own, group: field.group }];
    }),
  ];
}

/** Words of the filter language that ask for a field. */
export const FILTER_FIELDS: ReadonlyMap<string, EventField> = new Map(
  EVENT_FIELDS.flatMap((field) => (field.filter === undefined ? [] : [[field.filter.word, field]])),
);
