/** RawDrop to DropEvent: names, class, advice, wall time, and rx told from forwarded. Never throws. */
import { highHalf, lowHalf } from "../bytes/halves.ts";
import type { SiteTotal } from "../capture/kinds/drop/site-totals.ts";
import type { RawDrop } from "../decode/raw-drop.ts";
import type { Direction, DropClass, DropEvent, PlaceCount } from "../event.ts";
import type { WallClock } from "../host/wall-clock.ts";
import {
  classBy,
  classOfAll,
  INFERRED_REASONS,
  inferReason,
  type KernelHas,
  type LocationRule,
  NO_REASONS,
  RECEIVING_SOCKET,
  reasonRow,
  rulesAt,
} from "../reasons/index.ts";
import type { ReasonNames } from "./reason-names.ts";
import type { Symbolizer } from "./symbolizer.ts";

interface Meaning {
  readonly name: string | undefined;
  readonly subsystem: string | undefined;
  /** The location told it. */
  readonly inferred: boolean;
  readonly class: DropClass;
  readonly advice: string;
}

/** What a location tells, and a reason at it: kept, for few of them drop nearly everything. */
interface Place {
  readonly low: number;
  readonly high: number;
  readonly reasonCode: number | undefined;
  readonly location: string;
  readonly address: bigint;
  /** Undefined where the kernel tells no reason: then the stack has a say. */
  readonly meaning: Meaning | undefined;
  /** The rules that may tell the class better than the reason; none where there is no meaning. */
  readonly rules: readonly LocationRule[];
  /** A function that only forwards. */
  readonly forwards: boolean;
}

/** Places kept at most, each at the index that its address and code tell; a power of two. */
const PLACES = 1024;

/** What the events of a run are made for. */
export interface EnricherOptions {
  /** False: stacks tell the class, and are left out of the events. */
  readonly stacks: boolean;
  /** The tracepoint tells the receiving socket: rx_sk, since Linux 6.11. */
  readonly tellsReceivingSocket: boolean;
  /** The tracepoint tells a reason: since Linux 5.17. */
  readonly tellsReasons: boolean;
}

export class Enricher {
  readonly #names: ReasonNames;
  readonly #symbolizer: Symbolizer;
  readonly #clock: WallClock;
  readonly #meanings = new Map<number, Meaning>();
  readonly #options: EnricherOptions;
  /** By reason and location: the rules that may tell the class better than the reason. */
  readonly #rules = new Map<Meaning, Map<string, readonly LocationRule[]>>();
  #kernelHas: KernelHas | undefined;
  #forwardInputs: readonly Halves[] | undefined;
  /** What symbols named, until they are read anew. */
  #places: (Place | undefined)[] = emptyPlaces();
  #stacks = new WeakMap<Uint32Array, readonly string[]>();
  #readings = 0;

  constructor(names: ReasonNames, symbolizer: Symbolizer, clock: WallClock, options: EnricherOptions) {
    this.#options = options;
    this.#names = names;
    this.#symbolizer = symbolizer;
    this.#clock = clock;
  }

  /** What is the same for every event of a batch is read anew. */
  startBatch(): void {
    this.#clock.refresh();
  }

  /** What could not be named so far, and why: sentences for one warning each. */
  get problems(): readonly string[] {
    const { problem } = this.#symbolizer;
    return problem === undefined ? this.#names.problems : [problem, ...this.#names.problems];
  }

  enrich(raw: RawDrop): DropEvent {
    if (this.#symbolizer.readings !== this.#readings) this.#forgetNames();
    const place = this.#place(raw.locationLow, raw.locationHigh, raw.reasonCode);
    const stack = raw.stack === undefined ? undefined : this.#stack(raw.stack);
    const meaning = place.meaning ?? inferredMeaning(place.location, stack);
    return {
      type: "drop",
      source: raw.source,
      timeNs: this.#clock.toWallNs(raw.ktimeNs),
      ktimeNs: raw.ktimeNs,
      cpu: raw.cpu,
      cpuPid: raw.cpuPid,
      cpuTid: raw.cpuTid,
      cpuComm: raw.cpuComm,
      ip: raw.ip,
      saddr: raw.saddr,
      daddr: raw.daddr,
      sport: raw.sport,
      dport: raw.dport,
      addressSource: raw.addressSource,
      direction: raw.direction === "received" ? this.#wayIn(raw, place) : raw.direction,
      tunnel: raw.tunnel,
      state: raw.state,
      flags: raw.flags,
      seq: raw.seq,
      ack: raw.ack,
      window: raw.window,
      payloadLen: raw.payloadLen,
      skbLen: raw.skbLen,
      gsoSegs: raw.gsoSegs,
      reason: meaning.name,
      reasonCode: raw.reasonCode,
      reasonSubsystem: meaning.subsystem === NO_REASONS ? undefined : meaning.subsystem,
      reasonInferred: meaning.inferred,
      class: raw.copy ? "copy" : this.#class(raw, meaning, place, stack),
      advice: meaning.advice,
      location: place.location,
      locationAddress: place.address,
      stack: this.#options.stacks && !raw.stackOmitted ? stack : undefined,
      stackOmitted: raw.stackOmitted,
      netns: raw.netns,
      ifindex: raw.ifindex,
      ifname: raw.ifname,
      skCookie: raw.skCookie,
      mark: raw.mark,
    };
  }

  #place(low: number, high: number, reasonCode: number | undefined): Place {
    const index = (low ^ (low >>> 10) ^ Math.imul(reasonCode ?? 0, 31)) & (PLACES - 1);
    const known = this.#places[index];
    if (known !== undefined && known.low === low && known.high === high && known.reasonCode === reasonCode)
      return known;
    const place = this.#makePlace(low, high, reasonCode);
    this.#places[index] = place;
    return place;
  }

  #makePlace(low: number, high: number, reasonCode: number | undefined): Place {
    const location = this.#symbolizer.frame(low, high);
    const meaning = reasonCode === undefined ? undefined : this.meaning(reasonCode);
    return {
      low,
      high,
      reasonCode,
      location,
      address: (BigInt(high) << 32n) | BigInt(low),
      meaning,
      rules: meaning === undefined ? [] : this.#rulesAt(meaning, location),
      forwards: /^ip6?_forward\b/.test(location),
    };
  }

  /** Known by the array that all drops with this stack share. */
  #stack(words: Uint32Array): readonly string[] {
    const known = this.#stacks.get(words);
    if (known !== undefined) return known;
    const stack = this.#symbolizer.stack(words);
    this.#stacks.set(words, stack);
    return stack;
  }

  #forgetNames(): void {
    this.#readings = this.#symbolizer.readings;
    this.#places = emptyPlaces();
    this.#stacks = new WeakMap();
  }

  /** The reason's class, unless the place where it was dropped, and what was dropped there, tell more. */
  #class(
    { state, flags, payloadLen, skbLen, ownMac }: RawDrop,
    meaning: Meaning,
    place: Place,
    stack: readonly string[] | undefined,
  ): DropClass {
    const rules = place.meaning === undefined ? this.#rulesAt(meaning, place.location) : place.rules;
    return rules.length === 0
      ? meaning.class
      : (classBy(rules, { state, flags, payloadLen, skbLen, ownMac, stack }) ?? meaning.class);
  }

  /**
   * The class, if it is that of everything dropped for the reason at the location: the kernel can then count
   * such drops by itself. Not in modules: what comes after them may have their addresses.
   */
  classOfPlace({ reasonCode, location }: DropEvent): DropClass | undefined {
    return location.endsWith("]") || reasonCode === undefined
      ? undefined
      : classOfAll(this.#rulesAt(this.meaning(reasonCode), location));
  }

  /**
   * A place by name. Its class is as far as reason and location tell: single drops there may be of another,
   * by state or callers.
   */
  place({
    locationLow,
    locationHigh,
    reasonCode,
    ip,
    copy,
    lastNs,
  }: SiteTotal): Omit<PlaceCount, "count" | "perSecond"> {
    const nowhere = locationLow === 0 && locationHigh === 0;
    const location = this.#symbolizer.frame(locationLow, locationHigh);
    const meaning =
      reasonCode === undefined ? inferredMeaning(location, undefined) : this.meaning(reasonCode);
    return {
      reason: meaning.name,
      reasonCode,
      reasonInferred: meaning.inferred,
      class: copy ? "copy" : (classOfAll(this.#rulesAt(meaning, location)) ?? meaning.class),
      advice: meaning.advice,
      location: nowhere ? undefined : location,
      ip,
      lastNs: this.#clock.toWallNs(lastNs),
    };
  }

  #rulesAt(meaning: Meaning, location: string): readonly LocationRule[] {
    const known = this.#rules.get(meaning)?.get(location);
    if (known !== undefined) return known;
    const names = this.#options.tellsReasons ? this.#names.core.values() : [];
    this.#kernelHas ??= new Set([
      ...names,
      ...(this.#options.tellsReceivingSocket ? [RECEIVING_SOCKET] : []),
    ]);
    const rules = rulesAt(meaning.name, meaning.subsystem, location, this.#kernelHas);
    const byLocation = this.#rules.get(meaning);
    if (byLocation === undefined) this.#rules.set(meaning, new Map([[location, rules]]));
    else byLocation.set(location, rules);
    return rules;
  }

  /** Name, class and advice of a reason code; each looked up once. */
  meaning(code: number): Meaning {
    const known = this.#meanings.get(code);
    if (known !== undefined) return known;
    const { name, subsystem } = this.#names.decode(code);
    const meaning = meaningOf(name, subsystem, false);
    this.#meanings.set(code, meaning);
    return meaning;
  }

  /**
   * A received skb was to be forwarded if its route's input function is ip_forward or ip6_forward. Where
   * IPsec refuses, these functions drop it without a route: net/xfrm/xfrm_policy.c, __xfrm_route_forward().
   */
  #wayIn({ dstInputLow, dstInputHigh }: RawDrop, place: Place): Direction {
    if (dstInputLow === 0 && dstInputHigh === 0) return place.forwards ? "forwarded" : "rx";
    const symbols = this.#symbolizer.symbols;
    if (symbols === undefined) return "unknown";
    this.#forwardInputs ??= ["ip_forward", "ip6_forward"].flatMap((name) =>
      symbols.addressesOf(name).map(halvesOf),
    );
    for (const { low, high } of this.#forwardInputs)
      if (low === dstInputLow && high === dstInputHigh) return "forwarded";
    return "rx";
  }
}

interface Halves {
  readonly low: number;
  readonly high: number;
}

function halvesOf(address: bigint): Halves {
  return { low: lowHalf(address), high: highHalf(address) };
}

function emptyPlaces(): (Place | undefined)[] {
  return new Array<Place | undefined>(PLACES).fill(undefined);
}

function meaningOf(name: string | undefined, subsystem: string | undefined, inferred: boolean): Meaning {
  const row = reasonRow(name, subsystem);
  return { name, subsystem, inferred, class: row.class, advice: row.advice };
}

const NOTHING_TOLD = meaningOf(undefined, NO_REASONS, false);
const INFERRED: ReadonlyMap<string, Meaning> = new Map(
  INFERRED_REASONS.map(({ reason }) => [reason, meaningOf(reason, "CORE", true)]),
);

/** Where the kernel tells no reasons: what the location tells, if it does. */
function inferredMeaning(location: string, stack: readonly string[] | undefined): Meaning {
  const name = inferReason(location, stack);
  return name === undefined ? NOTHING_TOLD : (INFERRED.get(name) ?? NOTHING_TOLD);
}
