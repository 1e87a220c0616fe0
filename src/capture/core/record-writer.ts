/**
 * Writes one record in a CPU's memory, and sends it: the head once, each section once, tails in their order.
 *
 * A section that a step needs early (a filter asks for addresses) is written where it is demanded first; the
 * rest when the record is completed. What is demanded must stand where every path of the program comes by.
 */
import {
  type Builder,
  type KernelTypes,
  type MapSpec,
  type ProgramSpec,
  type Scalar,
  StructMemory,
} from "../../bpf/index.ts";
import { type Struct, struct, u64 } from "../../bytes/struct.ts";
import { BuildError } from "../../errors.ts";
import * as uapi from "../../sys/uapi.gen.ts";
import { NoteMemory } from "./note.ts";
import { RECORD_VERSION, recordHead } from "./record-head.ts";
import { maskFor, type RecordLayout, roundUp } from "./record-layout.ts";
import type { AnySection, Part, Section } from "./section.ts";

/** Tails are padded to 8 bytes. */
const PADDING = 7;

/** What the writer keeps beside the record while it is being written. */
const draft = struct("draft", 8, {
  /** Bytes of the tails so far. */
  tailBytes: u64(0),
});

/** Room that a record of this layout takes in a CPU's memory, with the notes of its sections. */
export function recordRoom(layout: RecordLayout<never>): number {
  return notesAt(layout) + layout.noteBytes;
}

/** Behind the record, with as much as the verifier thinks that its tails can be. */
function notesAt({ sections, fixedBytes }: RecordLayout<never>): number {
  let before = 0;
  let end = 0;
  for (const span of sections.map(({ tail }) => spanOf(tail)).filter((one) => one > 0)) {
    end = Math.max(end, beginOfTail(before) + span);
    before += span;
  }
  // What is sent is masked once more.
  return draft.size + fixedBytes + (before === 0 ? 0 : Math.max(end, maskFor(before)) + 1);
}

/** As far behind the sections as the verifier thinks that a tail may begin, behind tails of so many bytes. */
function beginOfTail(before: number): number {
  return before === 0 ? 0 : maskFor(before);
}

/**
 * The programs that leave notes for the sections, which lie in the value of this map from `offset` on (where
 * the room for the record begins).
 */
export function notePrograms(
  kernel: KernelTypes,
  layout: RecordLayout<never>,
  map: MapSpec,
  offset: number,
): readonly ProgramSpec[] {
  return layout.sections.flatMap((section) => {
    const at = layout.noteAt(section);
    return at === undefined
      ? []
      : (section.notes?.programs(kernel, { map, offset: offset + notesAt(layout) + at }) ?? []);
  });
}

/** As long as the verifier thinks that a padded tail may be, once its length was masked. */
function spanOf(tail: AnySection<never>["tail"]): number {
  return tail === undefined ? 0 : maskFor(roundUp(tail.mostBytes, PADDING + 1));
}

/** A slot in memory that the program may write: a map's value, and how far behind its beginning. */
export interface Room {
  readonly address: Scalar;
  readonly offset: number;
}

export class RecordWriter<Event> {
  readonly head: StructMemory<(typeof recordHead)["fields"]>;
  readonly #b: Builder;
  readonly #layout: RecordLayout<Event>;
  readonly #room: Room;
  readonly #draft: StructMemory<(typeof draft)["fields"]>;
  readonly #written = new Map<string, StructMemory<unknown>>();
  /** Bytes that the tails have at most, so far; 0 before the first. */
  #mostTailBytes = 0;
  #begun = false;

  constructor(b: Builder, layout: RecordLayout<Event>, room: Room) {
    this.#b = b;
    this.#layout = layout;
    this.#room = { address: room.address, offset: room.offset + draft.size };
    this.#draft = new StructMemory(b, draft, room.address, room.offset);
    this.head = new StructMemory(b, recordHead, room.address, this.#room.offset);
  }

  /** Writes the head; what saw the event, and when. */
  begin(hook: number, ktimeNs: Scalar): void {
    const { head } = this;
    head.set("ktimeNs", ktimeNs);
    head.set("kind", this.#layout.kind);
    head.set("version", RECORD_VERSION);
    head.set("present", this.#layout.alwaysPresent);
    head.set("hook", hook);
    this.#begun = true;
  }

  /** The section's memory, written; here, unless it was before. */
  demand<F>(section: Section<Event, F>, event: Event): StructMemory<F> {
    const written = this.#written.get(section.name);
    if (written !== undefined) return written as StructMemory<F>;
    if (this.#layout.slotOf(section) === undefined)
      throw new BuildError(`These records have no section ${section.name}`);
    return this.#write(section as AnySection<Event>, event) as StructMemory<F>;
  }

  /** The same, if these records have such a section. */
  demandIfAny({ name }: Pick<Section<never, unknown>, "name">, event: Event): void {
    const section = this.#layout.sections.find((one) => one.name === name);
    if (section !== undefined && !this.#written.has(name)) this.#write(section, event);
  }

  /** This CPU's note for the section. */
  noteOf<F>(section: Pick<Section<Event, unknown>, "name">, layout: Struct<F>): NoteMemory<F> {
    const at = this.#layout.noteAt(section);
    if (at === undefined) throw new BuildError(`The section ${section.name} has no notes`);
    const { address, offset } = this.#room;
    return new NoteMemory(this.#b, layout, address, offset - draft.size + notesAt(this.#layout) + at);
  }

  /** Writes all sections that nobody demanded. */
  complete(event: Event): void {
    for (const section of this.#layout.sections)
      if (!this.#written.has(section.name)) this.#write(section, event);
  }

  /** Sends as many bytes as were written; the result is 0, or negative where the ring had no room. */
  send(ring: MapSpec): Scalar {
    const { fixedBytes } = this.#layout;
    const b = this.#b;
    const most = this.#mostTailBytes;
    const tails = this.#draft.get("tailBytes").and(maskFor(most));
    const length = most === 0 ? fixedBytes : tails.add(fixedBytes);
    this.head.set("cpu", b.call(uapi.BPF_FUNC_get_smp_processor_id, [], "get_smp_processor_id"));
    this.head.set("length", length);
    return b.call(uapi.BPF_FUNC_ringbuf_output, [ring, this.#addressAt(0), length, 0], "ringbuf_output");
  }

  #write(section: AnySection<Event>, event: Event): StructMemory<unknown> {
    const b = this.#b;
    const { at, bit } = this.#layout.slotOf(section) ?? { at: 0, bit: 0 };
    const memory = new StructMemory(b, section.layout, this.#room.address, this.#room.offset + at);
    this.#written.set(section.name, memory);
    b.bind(b.label(`section_${section.name}`));
    const part: Part<unknown> = {
      memory,
      markPresent: () => {
        if (!this.#begun || !section.optional)
          throw new BuildError(
            `The section ${section.name} marks itself before the head, or is always there`,
          );
        this.head.set("present", this.head.get("present").or(bit));
      },
      ...this.#tail(section),
    };
    section.write(event, part as never);
    return memory;
  }

  #tail({ name, tail }: AnySection<Event>): Pick<Part<unknown>, "tail" | "endTail"> {
    const { sections } = this.#layout;
    const skipped = sections
      .slice(0, tail === undefined ? 0 : sections.findIndex((one) => one.name === name))
      .find((one) => one.tail !== undefined && !this.#written.has(one.name));
    if (skipped !== undefined)
      throw new BuildError(`The tail of ${name} would be written before that of ${skipped.name}`);
    const before = this.#mostTailBytes;
    const at = this.#addressAt(this.#layout.fixedBytes);
    if (tail === undefined)
      return {
        tail: at,
        endTail: () => {
          throw new BuildError(`The section ${name} has no tail`);
        },
      };
    this.#mostTailBytes += spanOf(tail);
    if (before === 0) this.#draft.set("tailBytes", 0);
    return {
      tail: before === 0 ? at : at.add(this.#draft.get("tailBytes").and(maskFor(before))),
      endTail: (bytes) => this.#draft.add("tailBytes", bytes.add(PADDING).and(~BigInt(PADDING))),
    };
  }

  #addressAt(offset: number): Scalar {
    return this.#room.address.add(this.#room.offset + offset);
  }
}
