/**
 * When a watch over refused SYNs is asked, and when it reports: a sample is taken in slices, and becomes
 * events once the ring of drops has been read past it, so that the drops that explain a part of it are known.
 */

import { inSlices } from "../listeners/in-slices.ts";
import type { RefusedSample, RefusedWatch } from "../listeners/refused-watch.ts";
import type { EventId } from "../model/index.ts";
import type { EndBudget } from "./end-budget.ts";
import type { OnEvent } from "./source.ts";

/** The event loop gets a turn after this long. */
const SLICE_MS = 10;

export interface SamplingHooks {
  /** A sample waits for the ring to be read. */
  readonly wake: () => void;
  readonly fail: (failure: unknown) => void;
  /** How many drops were traced until now that have no event. */
  readonly countWithoutEvent: () => number;
  readonly nextId: () => EventId;
}

export class RefusedSampling {
  readonly #watch: RefusedWatch;
  readonly #hooks: SamplingHooks;
  #sample: RefusedSample | undefined;
  #isOn = false;
  #withoutEvent = 0;
  #seen = 0;
  #cancel: () => void = () => undefined;

  constructor(watch: RefusedWatch, hooks: SamplingHooks) {
    this.#watch = watch;
    this.#hooks = hooks;
  }

  /** Refused SYNs that were reported. */
  get seen(): number {
    return this.#seen;
  }

  /** The next sample is taken when the watch says so; does nothing where one is on its way. */
  start(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#watch.arm(() => this.#begin());
  }

  stop(): void {
    this.#isOn = false;
    this.#watch.disarm();
    this.#cancel();
  }

  #begin(): void {
    this.#cancel = inSlices(this.#watch.sample(), SLICE_MS, {
      done: (sample) => {
        this.#sample = sample;
        this.#hooks.wake();
      },
      failed: this.#hooks.fail,
    });
  }

  /** The ring has been read to its end: reports what waits for that, and how many events that made. */
  report(to: OnEvent): number {
    const made = this.#report(true, false, to);
    if (made === undefined) return 0;
    this.#isOn = false;
    this.start();
    return made;
  }

  /**
   * The last sample, before `detach`: what a listener drops after that has no event any more, and would pass
   * for refused. Detaches before it returns where that takes no longer than a slice.
   */
  async takeLast(budget: EndBudget, detach: () => Promise<void>): Promise<void> {
    this.stop();
    const detachAll = (): Promise<void> => {
      this.#watch.detach();
      return detach();
    };
    const sample = await new Promise<RefusedSample>((resolve, reject) => {
      inSlices(this.#watch.sample(budget.untilMs("sample")), SLICE_MS, {
        done: (taken) => void detachAll().then(() => resolve(taken), reject),
        failed: (failure) => void detachAll().then(() => reject(failure), reject),
      });
    });
    this.#sample = sample;
    const { catchUp } = sample;
    if (catchUp === undefined) return;
    const late = catchUp(budget.untilMs("catchUp"));
    await new Promise<void>((done, failed) => inSlices(late, SLICE_MS, { done, failed }));
  }

  /** `isRead`: the ring was read to its end. */
  reportLast(isRead: boolean, to: OnEvent): void {
    this.#report(isRead, true, to);
  }

  #report(isRead: boolean, final: boolean, to: OnEvent): number | undefined {
    const sample = this.#sample;
    this.#sample = undefined;
    if (sample === undefined) return undefined;
    // Drops of a listener without an event would pass for refused SYNs.
    const withoutEvent = sample.changed ? this.#hooks.countWithoutEvent() : this.#withoutEvent;
    const complete = isRead && withoutEvent === this.#withoutEvent;
    this.#withoutEvent = withoutEvent;
    const events = sample.emit(complete, final);
    for (const refused of events) {
      this.#seen += refused.detail.count;
      to({ ...refused, id: this.#hooks.nextId() });
    }
    return events.length;
  }
}
