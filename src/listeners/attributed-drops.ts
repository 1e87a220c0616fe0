/**
 * What drops with an event added to the sk_drops of listening sockets, until these are looked at: by the
 * socket's cookie, or by address and port where the socket had no cookie yet.
 *
 * Each drop and each listener is touched once, whatever the other end sends: a listener at an address takes
 * what was sent there, and one at any address takes what is left at its port.
 */
import type { Listener } from "../capture/kinds/refused/decode-listener.ts";
import type { ListenerShare } from "./listener-share.ts";

/** A drop at a listening socket, as far as its counters are concerned. */
export interface ListenerDrop {
  readonly cookie: bigint | undefined;
  /** Where the segment was sent to. */
  readonly address: string;
  readonly port: number | undefined;
  readonly share: ListenerShare;
}

export interface DropSum {
  /** Certainly added to sk_drops. */
  readonly skDrops: number;
  /** Last ACKs or not: added by one more each if they were. */
  readonly maybe: number;
}

/** Sockets and addresses that are kept apart. */
export const MAX_KEPT = 1024;
/** From here on the listeners are asked, so that the drops find them. */
const MANY = MAX_KEPT / 2;
const MAPPED = "::ffff:";

interface Kept extends DropSum {
  readonly address: string;
  readonly port: number | undefined;
}

type Family = 4 | 6;
type AtPort = Readonly<Record<Family, Map<string, DropSum>>>;

export class AttributedDrops {
  readonly #byCookie = new Map<bigint, Kept>();
  readonly #byPort = new Map<number | undefined, AtPort>();
  #addresses = 0;
  #isIncomplete = false;

  /** How many sockets and addresses are kept: MAX_KEPT at most. */
  get size(): number {
    return this.#byCookie.size + this.#addresses;
  }

  get isLarge(): boolean {
    return this.size >= MANY;
  }

  /** Some found no room: listeners may have more of their drops explained than is known here. */
  get isIncomplete(): boolean {
    return this.#isIncomplete;
  }

  add({ cookie, address, port, share }: ListenerDrop): void {
    const maybe = share.countedAs === "maybe" ? 1 : 0;
    const sum = { skDrops: share.skDrops + (share.countedAs === undefined ? 0 : 1 - maybe), maybe };
    if (sum.skDrops + maybe === 0) return;
    const known = cookie === undefined ? undefined : this.#byCookie.get(cookie);
    if (cookie === undefined) this.#addAt(port, address, sum);
    else if (known !== undefined) this.#byCookie.set(cookie, { ...known, ...plus(known, sum) });
    else if (this.#hasRoom()) this.#byCookie.set(cookie, { ...sum, address, port });
  }

  #addAt(port: number | undefined, address: string, sum: DropSum): void {
    const atPort = this.#byPort.get(port) ?? { 4: new Map(), 6: new Map() };
    const known = atPort[familyOf(address)].get(address);
    if (known === undefined && !this.#hasRoom()) return;
    if (known === undefined) this.#addresses += 1;
    atPort[familyOf(address)].set(address, known === undefined ? sum : plus(known, sum));
    this.#byPort.set(port, atPort);
  }

  #hasRoom(): boolean {
    if (this.size < MAX_KEPT) return true;
    this.#isIncomplete = true;
    return false;
  }

  /** Gives each listener its drops, by `Listener.cookie`; those of others are forgotten. */
  take(listeners: readonly Listener[]): ReadonlyMap<bigint, DropSum> {
    const taken = new Map<bigint, DropSum>();
    const give = ({ cookie }: Listener, sum: DropSum | undefined): void => {
      if (sum !== undefined && sum.skDrops + sum.maybe > 0)
        taken.set(cookie, plus(taken.get(cookie) ?? NO_DROPS, sum));
    };
    // Either the kernel gives the iterator cookies, or it gives none: then addresses decide.
    if (listeners.some(({ skCookie }) => skCookie === undefined)) this.#forgetCookies();
    for (const listener of listeners)
      if (listener.skCookie !== undefined) give(listener, this.#byCookie.get(listener.skCookie));
    for (const listener of listeners) give(listener, this.#takeOwn(listener));
    for (const listener of listeners) give(listener, this.#takeAny(listener));
    this.clear();
    return taken;
  }

  clear(): void {
    this.#byCookie.clear();
    this.#byPort.clear();
    this.#addresses = 0;
    this.#isIncomplete = false;
  }

  #forgetCookies(): void {
    const kept = [...this.#byCookie.values()];
    this.#byCookie.clear();
    for (const { address, port, ...sum } of kept) this.#addAt(port, address, sum);
  }

  /** What was sent to the listener's own address. */
  #takeOwn({ address, port }: Listener): DropSum | undefined {
    const own = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
    const atFamily = this.#byPort.get(port)?.[familyOf(own)];
    const sum = atFamily?.get(own);
    atFamily?.delete(own);
    return sum;
  }

  /** What is left at the listener's port, where it takes any address. */
  #takeAny({ address, port, takesIpv4 }: Listener): DropSum | undefined {
    const atPort = this.#byPort.get(port);
    if (atPort === undefined || (address !== "0.0.0.0" && address !== "::")) return undefined;
    const v4 = address === "0.0.0.0" || takesIpv4 ? takeAll(atPort[4]) : NO_DROPS;
    return address === "::" ? plus(v4, takeAll(atPort[6])) : v4;
  }
}

const NO_DROPS: DropSum = { skDrops: 0, maybe: 0 };

function plus(one: DropSum, other: DropSum): DropSum {
  return { skDrops: one.skDrops + other.skDrops, maybe: one.maybe + other.maybe };
}

function takeAll(sums: Map<string, DropSum>): DropSum {
  let all = NO_DROPS;
  for (const sum of sums.values()) all = plus(all, sum);
  sums.clear();
  return all;
}

function familyOf(address: string): Family {
  return address.includes(":") ? 6 : 4;
}
