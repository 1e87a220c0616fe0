/** The flow of a record: addresses, ports, and which way it went. */
import { DecodeError } from "../../errors.ts";
import { ADDRESS_SOURCES, DIRECTIONS, type Direction, type PacketFlow } from "../../model/index.ts";
import { Interner } from "../../model/interner.ts";
import { PRESENT } from "../../probe/record.ts";
import { AT, keyLayout, type Part, part, type RecordView } from "../record-view.ts";
import { AddressReader } from "./address.ts";

const FLOWS = { words: 9, sets: 1024 };
const PORTS = [part("sport"), part("dport")];
const V4: readonly Part[] = [
  [AT.saddr, 4],
  [AT.daddr, 4],
];
/** Addresses of one network differ at their end. */
const V6_ENDS: readonly Part[] = [
  [AT.saddr + 8, 8],
  [AT.daddr + 8, 8],
];
const V6_NETWORKS: readonly Part[] = [
  [AT.saddr, 8],
  [AT.daddr, 8],
];
const LAYOUT4 = keyLayout(1, [...PORTS, ...V4]);
const LAYOUT6 = keyLayout(2, [...PORTS, ...V6_ENDS], V6_NETWORKS);
const WITHOUT_PORTS4 = keyLayout(3, V4);
const WITHOUT_PORTS6 = keyLayout(4, V6_ENDS, V6_NETWORKS);

export class FlowReader {
  readonly #view: RecordView;
  readonly #addresses: AddressReader;
  readonly #flows: Interner<PacketFlow>;
  #present = 0;
  #direction = 0;

  constructor(view: RecordView) {
    this.#view = view;
    this.#addresses = new AddressReader(view);
    this.#flows = new Interner(view.words, FLOWS, (at) => this.#flow(4 * at));
  }

  /** `direction` is what the record and its site say together. */
  read(at: number, present: number, direction: Direction): PacketFlow {
    const view = this.#view;
    const ip = view.u8(at + AT.ipVersion);
    this.#present = present & (PRESENT.tcp | PRESENT.tunnel);
    this.#direction = numberOf(direction);
    const tag = ip | (this.#direction << 4) | (view.u8(at + AT.addressSource) << 8) | (this.#present << 16);
    return this.#flows.get(at >>> 2, layoutOf(ip, present), tag);
  }

  #flow(at: number): PacketFlow {
    const view = this.#view;
    const addresses = this.#addresses;
    const ip = view.u8(at + AT.ipVersion) === 6 ? 6 : 4;
    const source = view.u8(at + AT.addressSource);
    const addressSource = ADDRESS_SOURCES[source];
    if (addressSource === undefined)
      throw new DecodeError("drop_record", AT.addressSource, `address source ${source}`);
    const hasPorts = (this.#present & PRESENT.tcp) !== 0;
    const direction = DIRECTIONS[this.#direction] ?? "unknown";
    const isSent = direction === "tx";
    return Object.freeze({
      ip,
      saddr: isSent ? addresses.ofOwn(ip, at + AT.saddr) : addresses.of(ip, at + AT.saddr),
      sport: hasPorts ? view.be16(at + AT.sport) : undefined,
      daddr: isSent ? addresses.of(ip, at + AT.daddr) : addresses.ofOwn(ip, at + AT.daddr),
      dport: hasPorts ? view.be16(at + AT.dport) : undefined,
      addressSource,
      direction,
      tunnel: (this.#present & PRESENT.tunnel) !== 0,
    });
  }
}

function layoutOf(ip: number, present: number): typeof LAYOUT4 {
  if ((present & PRESENT.tcp) === 0) return ip === 6 ? WITHOUT_PORTS6 : WITHOUT_PORTS4;
  return ip === 6 ? LAYOUT6 : LAYOUT4;
}

/** Its place in DIRECTIONS. */
function numberOf(direction: Direction): number {
  return direction === "rx" ? 1 : DIRECTIONS.indexOf(direction);
}
