/** The outer header of a record, where the segment is inside a tunnel packet. */
import { DecodeError } from "../../../errors.ts";
import type { Outer, TunnelProtocol } from "../../../model/index.ts";
import { Interner } from "../../../model/interner.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { sectionOffsets, type TailAt, tailAt } from "../../core/record-reader.ts";
import { keyLayout, type RecordView } from "../../core/record-view.ts";
import { CARRIER, GENEVE_PORT, VXLAN_PORTS } from "../../core/tunnel-walk.ts";
import { AddressReader } from "../flow/address-reader.ts";
import { outerHeader, tunnel } from "./tunnel.ts";

const AT = outerHeader.fields;
const SIZE = { words: outerHeader.size / 4, sets: 256 };
/** It is looked up where the tail begins. */
const KEY = keyLayout(
  1,
  [
    [AT.saddr.offset, 4],
    [AT.daddr.offset, 4],
    [AT.sport.offset, 8],
  ],
  [
    [AT.saddr.offset + 4, 12],
    [AT.daddr.offset + 4, 12],
    [AT.protocol.offset, 2],
  ],
);

export class TunnelReader {
  readonly #view: RecordView;
  /** Undefined where no record has one. */
  readonly #bytesAt: number | undefined;
  readonly #tailAt: TailAt;
  readonly #addresses: AddressReader;
  readonly #outers: Interner<Outer>;

  constructor(view: RecordView, layout: RecordLayout<never>) {
    this.#view = view;
    this.#bytesAt = sectionOffsets(layout, tunnel)?.tunnelBytes;
    this.#tailAt = tailAt(layout, tunnel);
    this.#addresses = new AddressReader(view);
    this.#outers = new Interner<Outer>(view.words, SIZE, (word) => this.#outer(4 * word));
  }

  /** Undefined where there is none. A DecodeError where its length does not fit the record. */
  read(base: number, length: number): Outer | undefined {
    const view = this.#view;
    if (this.#bytesAt === undefined) return undefined;
    const bytes = view.u16(base + this.#bytesAt);
    if (bytes === 0) return undefined;
    const begin = this.#tailAt(view, base);
    if (bytes !== outerHeader.size || begin + bytes > length)
      throw new DecodeError("tunnel", this.#bytesAt, `${bytes} bytes in a record of ${length}`);
    return this.#outers.get((base + begin) >>> 2, KEY, 0);
  }

  #outer(at: number): Outer {
    const view = this.#view;
    const ip = view.u8(at + AT.version.offset);
    if (ip !== 4 && ip !== 6) throw new DecodeError("tunnel", AT.version.offset, `IP version ${ip}`);
    const carrier = view.u8(at + AT.protocol.offset);
    const isUdp = carrier === CARRIER.udp;
    const dport = isUdp ? view.be16(at + AT.dport.offset) : undefined;
    const protocol = protocolOf(ip, carrier, dport);
    const hasVni = protocol === "vxlan" || protocol === "geneve";
    const vniAt = at + AT.vni.offset;
    return Object.freeze({
      saddr: this.#addresses.of(ip, at + AT.saddr.offset),
      daddr: this.#addresses.of(ip, at + AT.daddr.offset),
      protocol,
      sport: isUdp ? view.be16(at + AT.sport.offset) : undefined,
      dport,
      vni: hasVni ? view.be16(vniAt) * 256 + view.u8(vniAt + 2) : undefined,
    });
  }
}

/** As the packet says it: by port where it is UDP. */
function protocolOf(ip: 4 | 6, carrier: number, dport: number | undefined): TunnelProtocol | undefined {
  switch (carrier) {
    case CARRIER.ipip:
      return ip === 4 ? "ipip" : "ip6tnl";
    case CARRIER.ipv6:
      return ip === 4 ? "sit" : "ip6tnl";
    case CARRIER.gre:
      return "gre";
    case CARRIER.udp:
      if (dport === GENEVE_PORT) return "geneve";
      return VXLAN_PORTS.some((one) => one === dport) ? "vxlan" : "udp";
    default:
      return undefined;
  }
}
