/** What ends a run: a signal, a time, or whatever the command waits for. */

/** Resolves once, by whatever comes first. */
export function endOfRun(until: Promise<unknown> | undefined) {
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let timer: NodeJS.Timeout | undefined;
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const onSignal = (): void => finish();
  for (const signal of signals) process.on(signal, onSignal);
  until?.then(
    () => finish(),
    () => finish(),
  );
  return {
    finished,
    finish: () => finish(),
    /** From attaching on, not from the start. */
    startTimer: (durationMs: number | undefined): void => {
      if (durationMs !== undefined) timer = setTimeout(() => finish(), durationMs);
    },
    release: () => {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
