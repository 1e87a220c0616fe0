/** Whether bytes are a record of a drop: nothing outside it is read after this. */
import { DecodeError } from "../errors.ts";
import { FIXED_BYTES } from "../probe/record.ts";
import { AT, type RecordView } from "./record-view.ts";

/** As the ring buffer aligns them: BPF_RINGBUF_HDR_SZ, and lengths rounded up to it. */
const RECORD_ALIGNMENT = 8;

export function checkRecord(view: RecordView, offset: number, length: number): void {
  if (length < FIXED_BYTES)
    throw new DecodeError("drop_record", 0, `${length} bytes are fewer than the fixed ${FIXED_BYTES}`);
  const end = view.bytes.length;
  if (offset % RECORD_ALIGNMENT !== 0)
    throw new DecodeError("drop_record", offset, "a record begins at a multiple of 8 bytes");
  if (!(offset >= 0 && offset + length <= end))
    throw new DecodeError(
      "drop_record",
      offset,
      `${length} bytes wanted, ${Math.max(0, end - offset)} there`,
    );
  const ip = view.u8(offset + AT.ipVersion);
  if (ip !== 4 && ip !== 6) throw new DecodeError("drop_record", AT.ipVersion, `IP version ${ip}`);
}
