/** The flow of a record: addresses, ports, and which way it went. */
import { formatIpv4, formatIpv6 } from "../../../bytes/format-address.ts";
import { DecodeError } from "../../../errors.ts";
import { ADDRESS_SOURCES, DIRECTIONS, type Direction, type PacketFlow } from "../../../model/index.ts";
import { Interner } from "../../../model/interner.ts";
import { shared } from "../../../model/shared.ts";
import { ADDRESS_SOURCE, DIRECTION } from "../../core/facts.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { demandOffsets, type Offsets } from "../../core/record-reader.ts";
import type { RecordView } from "../../core/record-view.ts";
import { flow, type flowLayout } from "./flow.ts";

/** Words of an address, by version. */
const WORDS4 = 1;
const WORDS6 = 4;
const SIZE = { words: 2 + 2 * WORDS6, sets: 1024 };

/** What was received: "rx", or "forwarded" by the route's input function, in halves; 0 without a route. */
export type WayIn = (inputLow: number, inputHigh: number) => Direction;

export class FlowReader {
  readonly #view: RecordView;
  readonly #at: Offsets<(typeof flowLayout)["fields"]>;
  readonly #flows = new Interner<PacketFlow>(SIZE);
  #direction: Direction = "unknown";
  readonly #make = (base: number): PacketFlow => this.#flow(base);

  constructor(view: RecordView, layout: RecordLayout<never>) {
    this.#view = view;
    this.#at = demandOffsets(layout, flow);
  }

  /** A DecodeError where it is none. */
  read(base: number, wayIn: WayIn): PacketFlow {
    const view = this.#view;
    const at = this.#at;
    const direction = this.#directionOf(base, wayIn);
    this.#direction = direction;
    const { key } = this.#flows;
    const ip = view.u8(base + at.ipVersion);
    const hasPorts = view.u8(base + at.hasPorts) !== 0;
    key[0] =
      ip |
      (DIRECTIONS.indexOf(direction) << 4) |
      (view.u8(base + at.addressSource) << 8) |
      (hasPorts ? 1 << 16 : 0);
    key[1] = hasPorts ? view.u16(base + at.sport) | (view.u16(base + at.dport) << 16) : 0;
    const words = ip === 6 ? WORDS6 : WORDS4;
    view.words(base + at.saddr, words, key, 2);
    view.words(base + at.daddr, words, key, 2 + words);
    return this.#flows.get(2 + 2 * words, this.#make, base);
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
    const format = ip === 4 ? formatIpv4 : formatIpv6;
    const hasPorts = view.u8(base + at.hasPorts) !== 0;
    return shared({
      ip,
      saddr: format(view.bytes, base + at.saddr),
      sport: hasPorts ? view.be16(base + at.sport) : undefined,
      daddr: format(view.bytes, base + at.daddr),
      dport: hasPorts ? view.be16(base + at.dport) : undefined,
      addressSource,
      direction: this.#direction,
      tunnel: source === ADDRESS_SOURCE.inner,
    });
  }
}
