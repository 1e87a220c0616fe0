/**
 * What is seen and not sent, because fewer events were asked for: counted as limited. It stays in the totals.
 *
 * The rate is kept once for all CPUs, without a lock: two CPUs that add at the same time may add one, so a
 * little more than the limit can pass. Once it is reached it is only read, so that CPUs do not fight for it in
 * a storm.
 */
import type { MapSpec } from "../../../bpf/index.ts";
import type { DropContext } from "./context.ts";
import { pace } from "./cpu-memory.ts";
import type { ProbeRequest } from "./request.ts";

export const SECOND_NS = 1_000_000_000;

export function leaveLimited(
  { b, count, cpu, nowNs }: DropContext,
  paceMap: MapSpec,
  { rows, sampleOneOf, maxPerSecond }: ProbeRequest,
): void {
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
  const address = b.keep(b.lookupIndex(paceMap, 0), "pace");
  b.if(address.isZero(), limited);
  const second = b.memory(pace, address);
  b.if(nowNs.sub(second.get("sinceNs")).ge(SECOND_NS), () => {
    second.set("sinceNs", nowNs);
    second.set("count", 0);
  });
  b.if(second.get("count").ge(maxPerSecond), limited);
  second.add("count", 1);
}
