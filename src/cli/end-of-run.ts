/** What ends a run: a signal, a time, or whatever the command waits for. */
import { isatty } from "node:tty";
import { EndBudget } from "../source/end-budget.ts";
import { STDOUT } from "./print.ts";
import { onSigusr1 } from "./sigusr1.ts";

const STDIN = 0;

/** The first of these ends a run with its summary, a later one ends the process. */
const ENDING = ["SIGINT", "SIGTERM", "SIGQUIT"] as const;

/**
 * What comes so soon after the first is the same wish: timeout(1) signals its child and then the group that
 * the child is in; npm and npx pass on the SIGINT that the terminal sent to all.
 */
const SAME_WISH_MS = 100;

/** Of performance.now(): when the first signal came. */
let signalledMs: number | undefined;
let budget: EndBudget | undefined;

/** The time that the end has, which begins with the first call: since the signal where one ended the run. */
export function endBudget(): EndBudget {
  budget ??= new EndBudget(signalledMs);
  return budget;
}

/** Resolves once, by whatever comes first. */
export function endOfRun(until: Promise<unknown> | undefined) {
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let timer: NodeJS.Timeout | undefined;
  let sameWish: NodeJS.Timeout | undefined;
  // Back to what the kernel does by itself, which a busy event loop cannot hold up.
  const letGo = (): void => {
    for (const signal of ENDING) process.off(signal, onSignal);
  };
  const onSignal = (): void => {
    signalledMs ??= performance.now();
    sameWish ??= setTimeout(letGo, SAME_WISH_MS).unref();
    finish();
  };
  for (const signal of ENDING) process.on(signal, onSignal);
  // Node sets SIGHUP back to its default at its start, so that what nohup(1) set cannot be seen.
  const onHangup = isatty(STDIN) || isatty(STDOUT) ? onSignal : () => undefined;
  process.on("SIGHUP", onHangup);
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
    /** What SIGUSR1 asks for, as of dd(1): the totals until now. */
    onTotals: (report: () => void): void => onSigusr1(report),
    release: () => {
      clearTimeout(timer);
      clearTimeout(sameWish);
      letGo();
      onSigusr1(() => undefined);
      process.off("SIGHUP", onHangup);
    },
  };
}
