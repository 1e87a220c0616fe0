/** Where things are in the records of one layout, for who reads them: looked up once, for this is the hot path. */
import type { CheckedView } from "../../bytes/checked-view.ts";
import { DecodeError } from "../../errors.ts";
import { RECORD_VERSION, recordHead } from "./record-head.ts";
import { type RecordLayout, roundUp } from "./record-layout.ts";
import type { Section } from "./section.ts";

type Layout = Pick<RecordLayout<never>, "kind" | "fixedBytes" | "sections" | "slotOf">;
/** Of records in the ring buffer: BPF_RINGBUF_HDR_SZ, and lengths rounded up to it. */
const RECORD_ALIGNMENT = 8;

type AnyFields = Readonly<Record<string, { readonly offset: number }>>;

export const HEAD: Offsets<(typeof recordHead)["fields"]> = offsetsOf(recordHead.fields, 0);

/** Of each field, from the beginning of the record. */
export type Offsets<F> = Readonly<Record<keyof F, number>>;

/** The offsets of a section's fields; undefined where these records have none. */
export function sectionOffsets<F>(
  layout: Layout,
  section: Pick<Section<never, F>, "name" | "layout">,
): Offsets<F> | undefined {
  const slot = layout.slotOf(section);
  return slot === undefined ? undefined : offsetsOf(section.layout.fields, slot.at);
}

/** Of a section that all records of the kind have. */
export function demandOffsets<F>(
  layout: Layout,
  section: Pick<Section<never, F>, "name" | "layout">,
): Offsets<F> {
  const offsets = sectionOffsets(layout, section);
  if (offsets === undefined) throw new Error(`These records have no section ${section.name}`);
  return offsets;
}

function offsetsOf<F>(fields: F, at: number): Offsets<F> {
  const entries = Object.entries(fields as AnyFields).map(([name, { offset }]) => [name, at + offset]);
  return Object.fromEntries(entries) as Offsets<F>;
}

/**
 * A DecodeError where the bytes at `offset` are no such record, of so many bytes; then nothing of it is
 * believed. Head and sections can be read after this, and tails of `tailEnd` bytes.
 */
export function checkRecord(
  layout: Layout,
  name: string,
  view: CheckedView,
  offset: number,
  length: number,
): void {
  const { fixedBytes, kind } = layout;
  if (length < fixedBytes)
    throw new DecodeError(name, 0, `${length} bytes are fewer than the fixed ${fixedBytes}`);
  if (offset % RECORD_ALIGNMENT !== 0)
    throw new DecodeError(name, offset, `a record begins at a multiple of ${RECORD_ALIGNMENT} bytes`);
  if (!(offset >= 0 && offset + length <= view.length))
    throw new DecodeError(name, offset, `${length} bytes wanted, ${Math.max(0, view.length - offset)} there`);
  const found = view.u8(offset + HEAD.kind);
  if (found !== kind) throw new DecodeError(name, HEAD.kind, `kind ${found}`);
  const version = view.u8(offset + HEAD.version);
  if (version !== RECORD_VERSION) throw new DecodeError(name, HEAD.version, `version ${version}`);
}

export type TailAt = (view: CheckedView, base: number) => number;

/** Where a section's tail begins, from the beginning of the record: behind those of the sections before it. */
export function tailAt(layout: Layout, section: { readonly name: string }): TailAt {
  const before = layout.sections
    .slice(
      0,
      layout.sections.findIndex(({ name }) => name === section.name),
    )
    .flatMap((one) => {
      const { tail } = one;
      const slot = layout.slotOf(one);
      if (tail === undefined || slot === undefined) return [];
      const fields = one.layout.fields as AnyFields;
      return [
        { lengthAt: slot.at + (fields[tail.lengthField]?.offset ?? 0), bit: one.optional ? slot.bit : 0 },
      ];
    });
  const { fixedBytes } = layout;
  return (view, base) => {
    let at = fixedBytes;
    for (const { lengthAt, bit } of before)
      if (bit === 0 || (view.u32(base + HEAD.present) & bit) !== 0)
        at += roundUp(view.u16(base + lengthAt), 8);
    return at;
  };
}
