/** The clock that events are stamped in: CLOCK_BOOTTIME (EVENT_CLOCK in host/wall-clock.ts says why). */
import type { Builder, Scalar } from "../../bpf/index.ts";
import * as uapi from "../../sys/uapi.gen.ts";

/** Nanoseconds now; the helper is there since Linux 5.8. */
export function eventClockNs(b: Builder): Scalar {
  return b.call(uapi.BPF_FUNC_ktime_get_boot_ns, [], "ktime_get_boot_ns");
}
