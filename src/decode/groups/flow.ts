/** The flow of a record: addresses, ports, and which way it went. */
import { formatIpv4, formatIpv6 } from "../../bytes/format-address.ts";
import { PRESENT } from "../../capture/core/record.ts";
import { DecodeError } from "../../errors.ts";
import { ADDRESS_SOURCES, DIRECTIONS, type Direction, type PacketFlow } from "../../model/index.ts";
import { Interner } from "../../model/interner.ts";
import { shared } from "../../model/shared.ts";
import { AT, type RecordView } from "../record-view.ts";

/** Words of an address, by version. */
const WORDS4 = 1;
const WORDS6 = 4;
const SIZE = { words: 2 + 2 * WORDS6, sets: 1024 };

export class FlowReader {
  readonly #view: RecordView;
  readonly #flows = new Interner<PacketFlow>(SIZE);
  #present = 0;
  #direction: Direction = "unknown";
  readonly #make = (at: number): PacketFlow => this.#flow(at);

  constructor(view: RecordView) {
    this.#view = view;
  }

  /** `direction` is what the record and its site say together. */
  read(at: number, present: number, direction: Direction): PacketFlow {
    this.#present = present & (PRESENT.tcp | PRESENT.tunnel);
    this.#direction = direction;
    const view = this.#view;
    const { key } = this.#flows;
    const ip = view.u8(at + AT.ipVersion);
    key[0] =
      ip |
      (DIRECTIONS.indexOf(direction) << 4) |
      (view.u8(at + AT.addressSource) << 8) |
      (this.#present << 16);
    key[1] = (present & PRESENT.tcp) === 0 ? 0 : view.u16(at + AT.sport) | (view.u16(at + AT.dport) << 16);
    const words = ip === 6 ? WORDS6 : WORDS4;
    view.words(at + AT.saddr, words, key, 2);
    view.words(at + AT.daddr, words, key, 2 + words);
    return this.#flows.get(2 + 2 * words, this.#make, at);
  }

  #flow(at: number): PacketFlow {
    const view = this.#view;
    const ip = view.u8(at + AT.ipVersion) === 6 ? 6 : 4;
    const source = view.u8(at + AT.addressSource);
    const addressSource = ADDRESS_SOURCES[source];
    if (addressSource === undefined)
      throw new DecodeError("drop_record", AT.addressSource, `address source ${source}`);
    const format = ip === 4 ? formatIpv4 : formatIpv6;
    const hasPorts = (this.#present & PRESENT.tcp) !== 0;
    return shared({
      ip,
      saddr: format(view.bytes, at + AT.saddr),
      sport: hasPorts ? view.be16(at + AT.sport) : undefined,
      daddr: format(view.bytes, at + AT.daddr),
      dport: hasPorts ? view.be16(at + AT.dport) : undefined,
      addressSource,
      direction: this.#direction,
      tunnel: (this.#present & PRESENT.tunnel) !== 0,
    });
  }
}
