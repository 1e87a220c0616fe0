/** Bytes of packets out of records. */
import { CheckedView } from "../../../bytes/checked-view.ts";
import { DecodeError } from "../../../errors.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { HEAD, sectionOffsets, tailAt } from "../../core/record-reader.ts";
import { PACKET } from "./packet.ts";

export interface PacketBytes {
  /** Bytes that the packet has, from its IP header on. */
  readonly length: number;
  /** As many of them as were captured. */
  readonly bytes: Uint8Array;
}

/**
 * Decodes a record that was checked (checkRecord): undefined where it has no packet. A DecodeError where its
 * lengths do not fit.
 */
export function packetDecoder(
  data: Uint8Array,
  layout: RecordLayout<never>,
): (base: number, length: number) => PacketBytes | undefined {
  const at = sectionOffsets(layout, PACKET);
  const { bit = 0 } = layout.slotOf(PACKET) ?? {};
  const tail = tailAt(layout, PACKET);
  const view = new CheckedView(data);
  return (base, length) => {
    if (at === undefined || (view.u32(base + HEAD.present) & bit) === 0) return undefined;
    const captured = view.u16(base + at.captured);
    const begin = tail(view, base);
    if (begin + captured > length)
      throw new DecodeError("packet", at.captured, `${captured} bytes of packet in a record of ${length}`);
    return {
      length: view.u32(base + at.length),
      bytes: data.slice(base + begin, base + begin + captured),
    };
  };
}
