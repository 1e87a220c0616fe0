/**
 * What is seen and not sent, because fewer rows were asked for: counted as limited. It stays in the totals.
 *
 * The rate is kept for all CPUs in one place, without a lock: two CPUs that add at the same time may add one,
 * so a little more than the limit can pass. Once it is reached the place is only read, so that CPUs do not
 * fight for it in a storm.
 */
import type { MapSpec } from "../../../bpf/index.ts";
import type { DropContext } from "../../core/context.ts";
import { pace } from "../../core/record.ts";
import type { ProbeRequest } from "./request.ts";

export const SECOND_NS = 1_000_000_000;

export function leaveLimited(
  c: DropContext,
  paceMap: MapSpec,
  { rows, sampleOneOf, maxPerSecond }: ProbeRequest,
): void {
  const { b, count, cpu, record } = c;
  const limited = (): void => {
    count.add("limited", 1);
    b.leave();
  };
  if (!rows) {
    limited();
    return;
  }
  if (sampleOneOf !== undefined) {
    b.if(cpu.get("sampleLeft").notZero(), () => {
      cpu.set("sampleLeft", cpu.get("sampleLeft").sub(1));
      limited();
    });
    cpu.set("sampleLeft", sampleOneOf - 1);
  }
  if (maxPerSecond === undefined) return;
  const place = b.keep(b.lookupIndex(paceMap, 0), "pace");
  b.if(place.isZero(), limited);
  const second = b.memory(pace, place);
  b.if(record.get("ktimeNs").sub(second.get("sinceNs")).ge(SECOND_NS), () => {
    second.set("sinceNs", record.get("ktimeNs"));
    second.set("count", 0);
  });
  b.if(second.get("count").ge(maxPerSecond), limited);
  second.add("count", 1);
}
