/**
 * Exact totals by place (reason, location, family, and whether it is a copy), kept in the kernel, so that
 * they stay right whatever becomes of the records.
 *
 * The map is bounded and its entries are made before they are needed; what comes when it is full is counted
 * under one key of zeros, which no place has, since each has a location.
 */
import type { MapSpec, StructMemory } from "../../../bpf/index.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import type { DropContext } from "../../core/context.ts";
import { eventClockNs } from "../../core/event-clock.ts";
import { totalKey, totalValue } from "../../core/record.ts";

/** Above the IP version in `kind`. */
const COPY_BIT = 8;

export type Total = StructMemory<(typeof totalValue)["fields"]>;

/** Counts the drop, and returns its place's entry on this CPU. Also says when it happened. */
export function countTotal(c: DropContext, totals: MapSpec): Total {
  const { b, count, record, location, reason, packet } = c;
  record.set("ktimeNs", eventClockNs(b));
  const key = b.buffer(totalKey.size);
  const { fields } = totalKey;
  b.store(8, key.address, fields.location.offset, location, "total.location =");
  b.store(4, key.address, fields.reason.offset, reason ?? 0, "total.reason =");
  b.store(
    4,
    key.address,
    fields.kind.offset,
    packet.walk.get("version").or(packet.walk.get("copy").shiftLeft(COPY_BIT)),
    "total.kind =",
  );
  const entry = b.variable("total");
  const found = b.label("total_found");
  const lookUp = (): void => {
    b.set(entry, b.lookup(totals, key));
    b.jumpIf(entry.notZero(), found);
  };
  lookUp();
  const fresh = b.buffer(totalValue.size);
  for (let at = 0; at < totalValue.size; at += 8) b.store(8, fresh.address, at, 0, "new total =");
  b.call(
    uapi.BPF_FUNC_map_update_elem,
    [totals, key.address, fresh.address, uapi.BPF_NOEXIST],
    "map_update_elem totals",
  );
  lookUp();
  for (let at = 0; at < totalKey.size; at += 8) b.store(8, key.address, at, 0, "total's key =");
  lookUp();
  // User space has made that one before the program ran; but the verifier wants to know.
  count.add("lost", 1);
  b.leave();
  b.place(found);
  const total = b.memory(totalValue, entry);
  total.add("count", 1);
  total.set("lastNs", record.get("ktimeNs"));
  return total;
}
