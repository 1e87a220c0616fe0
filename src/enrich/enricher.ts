/** RawDrop to DropEvent: names, class, advice, wall time, and rx told from forwarded. Never throws. */
import type { RawDrop } from "../decode/raw-drop.ts";
import type { Direction, DropClass, DropEvent, PlaceCount } from "../event.ts";
import type { WallClock } from "../host/wall-clock.ts";
import type { PlaceTotal } from "../probe/tracer.ts";
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
  readonly #rules = new Map<string, readonly LocationRule[]>();
  #kernelHas: KernelHas | undefined;
  #forwardInputs: ReadonlySet<bigint> | undefined;

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
    const location = this.#symbolizer.frame(raw.locationLow, raw.locationHigh);
    const stack = raw.stack === undefined ? undefined : this.#symbolizer.stack(raw.stack);
    const meaning = raw.reasonCode === undefined ? inferredMeaning(location, stack) : this.meaning(raw.reasonCode);
    return {
      type: "drop",
      source: "kfree_skb",
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
      direction: this.#direction(raw, location),
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
      class: raw.copy ? "copy" : this.#class(raw, meaning, location, stack),
      advice: meaning.advice,
      location,
      locationAddress: (BigInt(raw.locationHigh) << 32n) | BigInt(raw.locationLow),
      stack: this.#options.stacks && !raw.stackOmitted ? stack : undefined,
      stackOmitted: raw.stackOmitted,
      netns: raw.netns,
      ifindex: raw.ifindex,
      ifname: raw.ifname,
      skCookie: raw.skCookie,
      mark: raw.mark,
    };
  }

  /** The reason's class, unless the place where it was dropped, and what was dropped there, tell more. */
  #class({ state, flags, payloadLen, ownMac }: RawDrop, meaning: Meaning, location: string, stack: readonly string[] | undefined): DropClass {
    const rules = this.#rulesAt(meaning, location);
    return rules.length === 0 ? meaning.class : (classBy(rules, { state, flags, payloadLen, ownMac, stack }) ?? meaning.class);
  }

  /**
   * The class, if it is that of everything dropped for the reason at the location: the kernel can then count such drops by itself.
   * Not in modules: what comes after them may have their addresses.
   */
  classOfPlace({ reasonCode, location }: DropEvent): DropClass | undefined {
    return location.endsWith("]") || reasonCode === undefined ? undefined : classOfAll(this.#rulesAt(this.meaning(reasonCode), location));
  }

  /** A place by name. Its class is as far as reason and location tell: single drops there may be of another, by state or callers. */
  place({ locationLow, locationHigh, reasonCode, ip, copy, lastNs }: PlaceTotal): Omit<PlaceCount, "count" | "perSecond"> {
    const nowhere = locationLow === 0 && locationHigh === 0;
    const location = this.#symbolizer.frame(locationLow, locationHigh);
    const meaning = reasonCode === undefined ? inferredMeaning(location, undefined) : this.meaning(reasonCode);
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

  #rulesAt({ name, subsystem }: Meaning, location: string): readonly LocationRule[] {
    const key = `${subsystem} ${name} ${location}`;
    const known = this.#rules.get(key);
    if (known !== undefined) return known;
    const names = this.#options.tellsReasons ? this.#names.core.values() : [];
    this.#kernelHas ??= new Set([...names, ...(this.#options.tellsReceivingSocket ? [RECEIVING_SOCKET] : [])]);
    const rules = rulesAt(name, subsystem, location, this.#kernelHas);
    this.#rules.set(key, rules);
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
   * A received skb was to be forwarded if its route's input function is ip_forward or ip6_forward. Where IPsec refuses, these
   * functions drop it without a route: net/xfrm/xfrm_policy.c, __xfrm_route_forward().
   */
  #direction(raw: RawDrop, location: string): Direction {
    if (raw.direction !== "received") return raw.direction;
    if (raw.dstInput === 0n) return /^ip6?_forward\b/.test(location) ? "forwarded" : "rx";
    const symbols = this.#symbolizer.symbols;
    if (symbols === undefined) return "unknown";
    this.#forwardInputs ??= new Set([...symbols.addressesOf("ip_forward"), ...symbols.addressesOf("ip6_forward")]);
    return this.#forwardInputs.has(raw.dstInput) ? "forwarded" : "rx";
  }
}

function meaningOf(name: string | undefined, subsystem: string | undefined, inferred: boolean): Meaning {
  const row = reasonRow(name, subsystem);
  return { name, subsystem, inferred, class: row.class, advice: row.advice };
}

const NOTHING_TOLD = meaningOf(undefined, NO_REASONS, false);
const INFERRED: ReadonlyMap<string, Meaning> = new Map(INFERRED_REASONS.map(({ reason }) => [reason, meaningOf(reason, "CORE", true)]));

/** Where the kernel tells no reasons: what the location tells, if it does. */
function inferredMeaning(location: string, stack: readonly string[] | undefined): Meaning {
  const name = inferReason(location, stack);
  return name === undefined ? NOTHING_TOLD : (INFERRED.get(name) ?? NOTHING_TOLD);
}
