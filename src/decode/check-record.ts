/** Whether bytes are a record of a drop: nothing outside it is read after this. */

import { FIXED_BYTES } from "../capture/core/record.ts";
import { DecodeError } from "../errors.ts";
import { AT, type RecordView } from "./record-view.ts";

export function checkRecord(view: RecordView, offset: number, length: number): void {
  if (length < FIXED_BYTES)
    throw new DecodeError("drop_record", 0, `${length} bytes are fewer than the fixed ${FIXED_BYTES}`);
  const end = view.bytes.length;
  if (!(offset >= 0 && offset + length <= end))
    throw new DecodeError(
      "drop_record",
      offset,
      `${length} bytes wanted, ${Math.max(0, end - offset)} there`,
    );
  const ip = view.u8(offset + AT.ipVersion);
  if (ip !== 4 && ip !== 6) throw new DecodeError("drop_record", AT.ipVersion, `IP version ${ip}`);
}
