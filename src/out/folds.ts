/**
 * Which rows are equal, for a terminal: the first is shown, and what follows within a second is counted.
 *
 * Equal are rows of one site, class, direction and device that have one end of the connection in common, its
 * service: where a SYN goes to, or what a socket listens on; else the end with the lower port. So one row
 * stands for the clients of a service, whatever their addresses and ports.
 *
 * Memory is bounded. Where there are too many services, as in a scan of ports, rows of one site, class,
 * direction and device are equal whatever their ends; where there are too many of those, rows are shown.
 */
import type { Event, Flow, Owner } from "../model/index.ts";
import { type Entry, entryOf, segmentsOf, weightOf } from "../run/account.ts";
import type { FoldedRows } from "../sinks/fold-text.ts";
import { ownerText } from "../sinks/owner-text.ts";

/** Of each of the two kinds of keys. */
const MOST_FOLDS = 128;
/** Sites and devices whose equals are found; beyond, those of before are met anew. */
const MOST_TEXTS = 4096;

/** Rows that were not shown since the last line of theirs. */
export interface Fold extends FoldedRows {
  readonly entry: Entry;
}

interface OpenFold {
  last: Event;
  /** Events. */
  rows: number;
  count: number;
  segments: number;
  source: End;
  destination: End;
  /** Of the last one; and what it is called, "*" where others are called differently. */
  ownerObject: Owner | undefined;
  owner: string | undefined;
}

/** One end of a connection; what differs between the rows is undefined. */
interface End {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

export class Folds {
  readonly #services = new Map<string, OpenFold>();
  readonly #sites = new Map<string, OpenFold>();
  readonly #entryOf = entryOf();
  readonly #ids = new WeakMap<object, number>();
  readonly #idsByText = new Map<string, number>();
  #nextId = 1;

  /** True where rows are counted, or would be. */
  get isEmpty(): boolean {
    return this.#services.size + this.#sites.size === 0;
  }

  /** True: it is counted. False: its row is to be shown. */
  takes(event: Event): boolean {
    const site = this.#siteOf(event);
    return (
      take(this.#services, `${site} ${serviceOf(event)}`, event) ?? take(this.#sites, site, event) ?? false
    );
  }

  /** What was counted since the last call; then nothing is. Forgets what came no more. */
  takeAll(): readonly Fold[] {
    return [this.#services, this.#sites].flatMap((folds) =>
      [...folds].flatMap(([key, fold]) => {
        if (fold.rows === 0) {
          folds.delete(key);
          return [];
        }
        const { last: event, rows, count, segments, source, destination, owner } = fold;
        Object.assign(fold, openFold(event));
        return [
          {
            ...{ event, rows, count, source, destination, owner },
            entry: { ...this.#entryOf(event), count, segments },
          },
        ];
      }),
    );
  }

  #siteOf({ site, device, class: dropClass, flow }: Event): string {
    return `${this.#idOf(site)} ${this.#idOf(device)} ${dropClass} ${flow?.direction}`;
  }

  /** Of what is equal; an object that was met before is known by itself. */
  #idOf(object: object | undefined): number {
    if (object === undefined) return 0;
    const known = this.#ids.get(object);
    if (known !== undefined) return known;
    if (this.#idsByText.size >= MOST_TEXTS) this.#idsByText.clear();
    const text = Object.values(object).join("\0");
    const id = this.#idsByText.get(text) ?? this.#nextId;
    this.#nextId = Math.max(this.#nextId, id + 1);
    this.#idsByText.set(text, id);
    this.#ids.set(object, id);
    return id;
  }
}

/** Undefined where there is no fold of this key, and no room for one; false where there is one now. */
function take(folds: Map<string, OpenFold>, key: string, event: Event): boolean | undefined {
  const fold = folds.get(key);
  if (fold === undefined) {
    if (folds.size >= MOST_FOLDS) return undefined;
    folds.set(key, openFold(event));
    return false;
  }
  const isFirst = fold.rows === 0;
  fold.last = event;
  fold.rows += 1;
  fold.count += weightOf(event);
  fold.segments += segmentsOf(event);
  const { flow } = event;
  fold.source = common(isFirst, fold.source, flow?.saddr, flow?.sport);
  fold.destination = common(isFirst, fold.destination, flow?.daddr, flow?.dport);
  addOwner(fold, isFirst, event.owner);
  return true;
}

const NO_OWNER = { ownerObject: undefined, owner: undefined };

function openFold(event: Event): OpenFold {
  const none: End = { address: undefined, port: undefined };
  return { last: event, rows: 0, count: 0, segments: 0, source: none, destination: none, ...NO_OWNER };
}

/** Sockets of one process have an object each: those are called the same. */
function addOwner(fold: OpenFold, isFirst: boolean, owner: Owner | undefined): void {
  if (!isFirst && owner === fold.ownerObject) return;
  const text = owner === undefined ? undefined : ownerText(owner);
  if (isFirst) fold.owner = text;
  else if (text !== fold.owner) fold.owner = "*";
  fold.ownerObject = owner;
}

/** What all rows have in common. */
function common(isFirst: boolean, end: End, address: string | undefined, port: number | undefined): End {
  if (isFirst) return { address, port };
  if (end.address === address && end.port === port) return end;
  return {
    address: end.address === address ? address : undefined,
    port: end.port === port ? port : undefined,
  };
}

function serviceOf(event: Event): string {
  const { flow } = event;
  if (flow === undefined) return "-";
  return isSource(event, flow) ? `< ${flow.saddr} ${flow.sport}` : `> ${flow.daddr} ${flow.dport}`;
}

function isSource(event: Event, { sport, dport }: Flow): boolean {
  if (event.kind === "refused" || event.socket?.state === "LISTEN") return false;
  const flags = event.packet.flags ?? [];
  if (flags.includes("SYN")) return flags.includes("ACK");
  return sport !== undefined && dport !== undefined && sport < dport;
}
