/**
 * The time that the end of a run may take: one deadline, handed down. Each part is over in time for those after
 * it, and where an earlier one took longer, as on a starved machine, the later ones do the least that they can:
 * what there is no time for is counted as unread, or said to be missing.
 */

/** After a signal 500 ms are promised: the kernel takes some 50 to 100 of them to close what the process holds. */
const AFTER_SIGNAL_MS = 380;
/** Nobody waits for the end of a run that ends by itself, but it does end. */
const BY_ITSELF_MS = 4000;

/** In their order: how long each may take, and what is kept for those after it. */
const PARTS = {
  /** The last sample of refused SYNs, before everything is detached: 100 ms are promised for that. */
  sample: { atMostMs: 50, keptMs: 330 },
  /** What the sample had no time for. */
  catchUp: { atMostMs: 150, keptMs: 250 },
  /** The ring is read. Of CPU time too (run/last-drain.ts). */
  drain: { atMostMs: 2000, keptMs: 150 },
  /** Owners of events that wait for them are looked for once more. */
  owners: { atMostMs: 50, keptMs: 150 },
  /** Sinks write the events that they took. */
  settle: { atMostMs: 120, keptMs: 110 },
  /** The machine is looked at for the report. */
  snapshots: { atMostMs: 100, keptMs: 60 },
  /** Sinks write the summary. */
  close: { atMostMs: 30, keptMs: 40 },
  /** The reader of stderr takes the messages. */
  messages: { atMostMs: 1000, keptMs: 0 },
} as const;
export type EndPart = keyof typeof PARTS;

export class EndBudget {
  readonly #nowMs: () => number;
  readonly #endMs: number;

  /** `signalledMs`: when a signal came, of performance.now(); undefined where the run ends by itself. */
  constructor(signalledMs?: number, nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
    this.#endMs = signalledMs === undefined ? nowMs() + BY_ITSELF_MS : signalledMs + AFTER_SIGNAL_MS;
  }

  /** When this part, which begins now, is to be over: of performance.now(). It may be in the past. */
  untilMs(part: EndPart): number {
    const { atMostMs, keptMs } = PARTS[part];
    return Math.min(this.#nowMs() + atMostMs, this.#endMs - keptMs);
  }

  /** The same as a duration; 0 where there is no time. */
  leftMs(part: EndPart): number {
    return Math.max(0, this.untilMs(part) - this.#nowMs());
  }
}
