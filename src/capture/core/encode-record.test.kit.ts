/** Records as programs write them, for tests and benches: a head, and what each section holds. */
import type { Struct, StructValue } from "../../bytes/struct.ts";
import { RECORD_VERSION, recordHead } from "./record-head.ts";
import { type RecordLayout, roundUp } from "./record-layout.ts";

export interface RecordPart {
  readonly name: string;
  readonly encode: (extra: Readonly<Record<string, number>>) => Uint8Array;
  readonly tail: Uint8Array | undefined;
}

type Named<F> = { readonly name: string; readonly layout: Struct<F> };

/** What one section holds. The length of its tail is filled in, unless it is given. */
export function part<F>(section: Named<F>, values: Partial<StructValue<F>>, tail?: Uint8Array): RecordPart {
  return {
    name: section.name,
    encode: (extra) => section.layout.encode({ ...extra, ...values } as Partial<StructValue<F>>),
    tail,
  };
}

/** A record of this layout; sections without a part are zeros, and optional ones are not there then. */
export function encodeRecord(
  layout: RecordLayout<never>,
  head: Partial<StructValue<(typeof recordHead)["fields"]>>,
  parts: readonly RecordPart[],
): Uint8Array {
  const byName = new Map(parts.map((one) => [one.name, one]));
  const tails = layout.sections.map(({ name }) => byName.get(name)?.tail ?? new Uint8Array());
  const tailBytes = tails.reduce((sum, { length }) => sum + roundUp(length, 8), 0);
  const bytes = new Uint8Array(layout.fixedBytes + tailBytes);
  let present = layout.alwaysPresent;
  let end = layout.fixedBytes;
  for (const [index, section] of layout.sections.entries()) {
    const given = byName.get(section.name);
    const slot = layout.slotOf(section);
    if (given === undefined || slot === undefined) continue;
    const tail = tails[index] ?? new Uint8Array();
    const { lengthField } = section.tail ?? {};
    bytes.set(given.encode(lengthField === undefined ? {} : { [lengthField]: tail.length }), slot.at);
    bytes.set(tail, end);
    end += roundUp(tail.length, 8);
    present |= slot.bit;
  }
  const { kind } = layout;
  bytes.set(
    recordHead.encode({
      kind,
      version: RECORD_VERSION,
      length: bytes.length,
      present: present >>> 0,
      ...head,
    }),
  );
  return bytes;
}
