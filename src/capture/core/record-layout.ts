/**
 * Where the sections of one kind stand in its records: computed once for each trace, from what it wants.
 *
 *     | head | section | section ... | padding to 8 | tail, padded to 8 | tail, padded to 8 ... |
 */
import { BuildError } from "../../errors.ts";
import { noteBytes } from "./note.ts";
import { recordHead } from "./record-head.ts";
import type { AnySection, Section } from "./section.ts";

const WORD_BYTES = 8;
const ALIGNMENTS = [8, 4, 2, 1] as const;
/** `present` has so many bits. */
const MOST_SECTIONS = 32;

export interface SectionSlot {
  /** Bytes from the beginning of the record. */
  readonly at: number;
  /** In `present`: this record has it. */
  readonly bit: number;
}

export interface RecordLayout<Event> {
  /** One of KIND. */
  readonly kind: number;
  readonly sections: readonly AnySection<Event>[];
  /** Head and sections: what every record has. */
  readonly fixedBytes: number;
  /** With all tails. */
  readonly mostBytes: number;
  /** `present` of a record without optional sections. */
  readonly alwaysPresent: number;
  /** Bytes that the sections' notes take on each CPU. */
  readonly noteBytes: number;
  /** Where among those this section's are; undefined where it has none. */
  noteAt(section: Pick<Section<never, unknown>, "name">): number | undefined;
  /** Undefined where records of this trace have no such section. */
  slotOf(section: Pick<Section<never, unknown>, "name">): SectionSlot | undefined;
}

export function recordLayout<Event>(
  kind: number,
  sections: readonly AnySection<Event>[],
): RecordLayout<Event> {
  if (sections.length > MOST_SECTIONS)
    throw new BuildError(
      `${sections.length} sections are more than the ${MOST_SECTIONS} bits of \`present\``,
    );
  const slots = new Map<string, SectionSlot>();
  let end = recordHead.size;
  for (const [index, { name, layout }] of sections.entries()) {
    if (slots.has(name)) throw new BuildError(`A record has two sections ${name}`);
    const at = roundUp(end, alignmentOf(layout));
    slots.set(name, { at, bit: 2 ** index });
    end = at + layout.size;
  }
  const fixedBytes = roundUp(end, WORD_BYTES);
  const notes = new Map<string, number>();
  let noteEnd = 0;
  for (const { name, notes: wanted } of sections) {
    if (wanted === undefined) continue;
    notes.set(name, noteEnd);
    noteEnd += roundUp(noteBytes(wanted), WORD_BYTES);
  }
  return {
    kind,
    sections,
    fixedBytes,
    mostBytes: sections.reduce(
      (sum, { tail }) => sum + roundUp(tail?.mostBytes ?? 0, WORD_BYTES),
      fixedBytes,
    ),
    alwaysPresent: sections.reduce((bits, { optional }, index) => (optional ? bits : bits + 2 ** index), 0),
    noteBytes: noteEnd,
    noteAt: ({ name }) => notes.get(name),
    slotOf: ({ name }) => slots.get(name),
  };
}

export function roundUp(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to;
}

/** The smallest mask that leaves numbers up to `most` as they are. */
export function maskFor(most: number): number {
  return 2 ** Math.ceil(Math.log2(most + 1)) - 1;
}

/** The largest that one of its fields needs: bytes in a row are copied in words. */
function alignmentOf({ fields }: AnySection<never>["layout"]): number {
  const sizes = Object.values(fields as Readonly<Record<string, { readonly size: number }>>);
  return Math.max(...sizes.map(({ size }) => ALIGNMENTS.find((alignment) => size % alignment === 0) ?? 1));
}
