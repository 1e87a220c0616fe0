/**
 * A section: a part of a record, with all that belongs to it in one folder: what it holds, the code that
 * writes it in the kernel, and what reads it here.
 *
 * `Event` is what its writer needs of the program that it stands in: a kind of event provides it, and
 * TypeScript says where one does not.
 */
import type { Answer } from "../../bpf/features.ts";
import type { KernelTypes, Scalar, StructMemory } from "../../bpf/index.ts";
import type { Struct } from "../../bytes/struct.ts";
import type { Notes } from "./note.ts";

export interface Section<Event, F> {
  readonly name: string;
  readonly layout: Struct<F>;
  /** Bytes that it may have behind all sections, at most, and the field that says how many there are. */
  readonly tail?: { readonly mostBytes: number; readonly lengthField: keyof F & string };
  /** True: some records have none, and its writer marks those that do. */
  readonly optional?: true;
  /** Whether this kernel has what it takes; present, unless it says otherwise. */
  readonly available?: (kernel: KernelTypes) => Answer;
  /** What small extra programs must have left on this CPU, for it to have something to write. */
  readonly notes?: Notes<unknown>;
  /** Writes all of its layout. Called once for each program, and its code runs before anybody reads it. */
  readonly write: (event: Event, part: Part<F>) => void;
}

/** A section in the record that a program is writing. */
export interface Part<F> {
  readonly memory: StructMemory<F>;
  /** Of an optional section: this record has it. */
  readonly markPresent: () => void;
  /** Where its tail begins; not to be used after `endTail`. */
  readonly tail: Scalar;
  /** Its tail has so many bytes in this record, `mostBytes` at most. At most once on every path. */
  readonly endTail: (bytes: Scalar) => void;
}

/** Any section of a program that provides this. */
export interface AnySection<Event> extends Omit<Section<Event, unknown>, "layout" | "tail" | "write"> {
  readonly layout: Struct<unknown>;
  readonly tail?: { readonly mostBytes: number; readonly lengthField: string };
  readonly write: (event: Event, part: never) => void;
}
