/** The flow of a record: addresses, ports, and which way it went. */
import { DecodeError } from "../../../errors.ts";
import { ADDRESS_SOURCES, DIRECTIONS, type Direction, type PacketFlow } from "../../../model/index.ts";
import { Interner, type KeyLayout } from "../../../model/interner.ts";
import { ADDRESS_SOURCE, DIRECTION } from "../../core/facts.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { demandOffsets, type Offsets } from "../../core/record-reader.ts";
import { type KeyPart, keyLayout, type RecordView } from "../../core/record-view.ts";
import { AddressReader } from "./address-reader.ts";
import { flow, type flowLayout } from "./flow.ts";

const SIZE = { words: 9, sets: 1024 };
/** With ports and without, by IP version. */
interface Keys {
  readonly ports4: KeyLayout;
  readonly ports6: KeyLayout;
  readonly alone4: KeyLayout;
  readonly alone6: KeyLayout;
}
type Fields = Offsets<(typeof flowLayout)["fields"]>;

/** What was received: "rx", or "forwarded" by the route's input function, in halves; 0 without a route. */
export type WayIn = (inputLow: number, inputHigh: number) => Direction;

export class FlowReader {
  readonly #view: RecordView;
  readonly #at: Fields;
  readonly #keys: Keys;
  readonly #addresses: AddressReader;
  readonly #flows: Interner<PacketFlow>;
  #direction: Direction = "unknown";

  constructor(view: RecordView, layout: RecordLayout<never>) {
    this.#view = view;
    this.#at = demandOffsets(layout, flow);
    this.#keys = keysOf(this.#at);
    this.#addresses = new AddressReader(view);
    this.#flows = new Interner(view.words, SIZE, (at) => this.#flow(4 * at));
  }

  /** A DecodeError where it is none. */
  read(base: number, wayIn: WayIn): PacketFlow {
    const view = this.#view;
    const at = this.#at;
    const direction = this.#directionOf(base, wayIn);
    this.#direction = direction;
    const ip = view.u8(base + at.ipVersion);
    const hasPorts = view.u8(base + at.hasPorts) !== 0;
    const tag =
      ip |
      (DIRECTIONS.indexOf(direction) << 4) |
      (view.u8(base + at.addressSource) << 8) |
      (hasPorts ? 1 << 16 : 0);
    return this.#flows.get(base >>> 2, this.#keyOf(ip, hasPorts), tag);
  }

  #keyOf(ip: number, hasPorts: boolean): KeyLayout {
    const { ports4, ports6, alone4, alone6 } = this.#keys;
    if (hasPorts) return ip === 6 ? ports6 : ports4;
    return ip === 6 ? alone6 : alone4;
  }

  #directionOf(base: number, wayIn: WayIn): Direction {
    const view = this.#view;
    const at = this.#at;
    const direction = view.u8(base + at.direction);
    switch (direction) {
      case DIRECTION.rx:
        return wayIn(view.low(base + at.dstInput), view.high(base + at.dstInput));
      case DIRECTION.tx:
        return "tx";
      case DIRECTION.forwarded:
        return "forwarded";
      case DIRECTION.unknown:
        return "unknown";
      default:
        throw new DecodeError("flow", at.direction, `direction ${direction}`);
    }
  }

  #flow(base: number): PacketFlow {
    const view = this.#view;
    const at = this.#at;
    const ip = view.u8(base + at.ipVersion);
    if (ip !== 4 && ip !== 6) throw new DecodeError("flow", at.ipVersion, `IP version ${ip}`);
    const source = view.u8(base + at.addressSource);
    const addressSource = ADDRESS_SOURCES[source];
    if (addressSource === undefined)
      throw new DecodeError("flow", at.addressSource, `address source ${source}`);
    const addresses = this.#addresses;
    const hasPorts = view.u8(base + at.hasPorts) !== 0;
    const isSent = this.#direction === "tx";
    return Object.freeze({
      ip,
      saddr: isSent ? addresses.ofOwn(ip, base + at.saddr) : addresses.of(ip, base + at.saddr),
      sport: hasPorts ? view.be16(base + at.sport) : undefined,
      daddr: isSent ? addresses.of(ip, base + at.daddr) : addresses.ofOwn(ip, base + at.daddr),
      dport: hasPorts ? view.be16(base + at.dport) : undefined,
      addressSource,
      direction: this.#direction,
      tunnel: source === ADDRESS_SOURCE.inner,
    });
  }
}

function keysOf({ saddr, daddr, sport, dport }: Fields): Keys {
  const ports: readonly KeyPart[] = [
    [sport, 2],
    [dport, 2],
  ];
  const v4: readonly KeyPart[] = [
    [saddr, 4],
    [daddr, 4],
  ];
  // Addresses of one network differ at their end.
  const ends: readonly KeyPart[] = [
    [saddr + 8, 8],
    [daddr + 8, 8],
  ];
  const networks: readonly KeyPart[] = [
    [saddr, 8],
    [daddr, 8],
  ];
  return {
    ports4: keyLayout(1, [...ports, ...v4]),
    ports6: keyLayout(2, [...ports, ...ends], networks),
    alone4: keyLayout(3, v4),
    alone6: keyLayout(4, ends, networks),
  };
}
