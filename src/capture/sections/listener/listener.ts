/** How full a listening socket's accept queue was. */
import type { Builder, Scalar } from "../../../bpf/index.ts";
import { struct, u32 } from "../../../bytes/struct.ts";
import type { Notes } from "../../core/note.ts";
import type { Section } from "../../core/section.ts";

export interface ListenerEvent {
  readonly b: Builder;
  readonly ackBacklog: Scalar;
  readonly maxAckBacklog: Scalar;
}

export const listenerLayout = struct("listener", 8, {
  /** Connections that wait for accept(). */
  ackBacklog: u32(0),
  /** How many may: it is full with one more than this. */
  maxAckBacklog: u32(4),
});

/** What readers know it by. */
export const LISTENER = { name: "listener", layout: listenerLayout } as const;

/** `notes`: what says which listener it was. */
export function listenerSection(
  notes: Notes<unknown>,
): Section<ListenerEvent, (typeof listenerLayout)["fields"]> {
  return {
    ...LISTENER,
    notes,
    write: ({ ackBacklog, maxAckBacklog }, { memory }) => {
      memory.set("ackBacklog", ackBacklog);
      memory.set("maxAckBacklog", maxAckBacklog);
    },
  };
}
