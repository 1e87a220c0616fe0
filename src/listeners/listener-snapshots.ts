/** Listening sockets as they were when they were looked at last: how much their sk_drops rose since. */
import type { Listener } from "../capture/kinds/refused/decode-listener.ts";
import type { AttributedDrops } from "./attributed-drops.ts";

interface ListenerSnapshot {
  readonly drops: number;
  /** Of its events, what was ahead of `drops`. */
  readonly carriedOver: number;
  readonly address: string;
  readonly port: number;
  /** It was closed, and is not expected to be there any more. */
  readonly isClosed: boolean;
}

/** By `Listener.cookie`; negative where events are ahead of sk_drops. */
export type Rises = ReadonlyMap<bigint, number>;
export const NO_RISES: Rises = new Map();

export class ListenerSnapshots {
  #known: ReadonlyMap<bigint, ListenerSnapshot> = new Map();

  /** The rise of each without what its events explain. `maybeAreAcks`: those that may be last ACKs are. */
  rises(listeners: readonly Listener[], drops: AttributedDrops, maybeAreAcks: boolean): Rises {
    const explained = drops.take(listeners);
    return new Map(
      listeners.map((listener) => {
        const { skDrops, maybe } = explained.get(listener.cookie) ?? { skDrops: 0, maybe: 0 };
        const known = this.#lastOf(listener);
        // sk_drops is an atomic_t, and wraps.
        const rise = ((listener.drops - known.drops) | 0) - known.carriedOver;
        return [listener.cookie, rise - skDrops - (maybeAreAcks ? maybe : 0)];
      }),
    );
  }

  /** Whether each that was there is among these: else one has gone, and its last drops are not known. */
  areAllIn(listeners: readonly Listener[]): boolean {
    const cookies = new Set(listeners.map(({ cookie }) => cookie));
    for (const [cookie, { isClosed }] of this.#known) if (!isClosed && !cookies.has(cookie)) return false;
    return true;
  }

  /** An event that was ahead of sk_drops is waited for once. */
  remember(listeners: readonly Listener[], closed: ReadonlySet<bigint>, rises: Rises): void {
    const before = this.#known;
    this.#known = new Map(
      listeners.map(({ cookie, drops, address, port }) => {
        const waited = (before.get(cookie)?.carriedOver ?? 0) > 0;
        const carriedOver = waited ? 0 : Math.max(0, -(rises.get(cookie) ?? 0));
        return [cookie, { drops, carriedOver, address, port, isClosed: closed.has(cookie) }];
      }),
    );
  }

  /**
   * Where no cookie identifies a socket, another may lie at its address soon after it was freed: it
   * begins at 0.
   */
  #lastOf({ cookie, skCookie, address, port, drops }: Listener): { drops: number; carriedOver: number } {
    const known = this.#known.get(cookie);
    const isAnother =
      known !== undefined &&
      skCookie === undefined &&
      (known.address !== address || known.port !== port || drops < known.drops);
    return known === undefined || isAnother ? { drops: 0, carriedOver: 0 } : known;
  }
}
