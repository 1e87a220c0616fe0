/** What the session asks of whoever tells of refused SYNs. */
import type { DropEvent, RefusedEvent, RefusedTotal } from "../event.ts";
import { refusedAdvice } from "../reasons/refused-causes.ts";

export interface RefusedWatch extends Disposable {
  /** How they are told, in a few words; undefined where nothing can be told. */
  readonly how: string | undefined;
  /** Why some are not told, in one line. */
  readonly problem: string | undefined;
  /** Of the whole run; undefined where nobody could watch. */
  readonly total: RefusedTotal | undefined;
  /** A drop that has an event of its own. */
  saw(event: DropEvent): void;
  /** Calls `onReady` once, when there may be something to tell. */
  wait(onReady: () => void): void;
  stop(): void;
  /**
   * Looks, at the time of the call; `tell` makes events of it once the drops until then have been given to
   * `saw`.
   */
  look(): Look;
}

export interface Look {
  /** False: there is nothing to tell, whatever the ring of drops holds. */
  readonly moved: boolean;
  /** `complete`: all drops until the look were given to `saw`. `isLast`: there will be no other. */
  tell(complete: boolean, isLast: boolean): readonly RefusedEvent[];
}

/** With what is the same in all of them. */
export function refusedEvent(of: Omit<RefusedEvent, "type" | "class" | "state" | "advice">): RefusedEvent {
  return { type: "refused", class: "loss", state: "LISTEN", advice: refusedAdvice(of.cause), ...of };
}
