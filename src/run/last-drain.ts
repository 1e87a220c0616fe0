/**
 * How long events are still shown after the source has stopped. The bound is CPU time of this process: on a
 * starved machine, the one that is in trouble, so much wall time may be a few ms of it.
 */
const CPU_MS = 250;

export interface Clocks {
  /** CPU time of the process, user and system. */
  readonly cpuMs: () => number;
  readonly wallMs: () => number;
}

const OWN_CLOCKS: Clocks = {
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  wallMs: () => performance.now(),
};

/** Whether there is still time: until `untilWallMs`, which a process that gets no CPU reaches too. */
export function lastDrain(untilWallMs: number, { cpuMs, wallMs }: Clocks = OWN_CLOCKS): () => boolean {
  const untilCpuMs = cpuMs() + CPU_MS;
  return () => wallMs() < untilWallMs && cpuMs() < untilCpuMs;
}
