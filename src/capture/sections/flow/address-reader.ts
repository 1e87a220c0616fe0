/** Addresses of a record as text. */
import { formatIpv4, formatIpv6 } from "../../../bytes/format-address.ts";
import { Interner } from "../../../model/interner.ts";
import { keyLayout, type RecordView } from "../../core/record-view.ts";

interface Address {
  readonly text: string;
}

const SIZE = { words: 4, sets: 128 };
const LAYOUT4 = keyLayout(1, [[0, 4]]);
const LAYOUT6 = keyLayout(2, [[0, 16]]);

export class AddressReader {
  readonly #view: RecordView;
  readonly #own: Interner<Address>;
  #ip: 4 | 6 = 4;

  constructor(view: RecordView) {
    this.#view = view;
    this.#own = new Interner(
      view.words,
      SIZE,
      (at) => ({ text: this.of(this.#ip, 4 * at) }),
      () => undefined,
    );
  }

  /** Of any host; `at` is the offset of its bytes. */
  of(ip: 4 | 6, at: number): string {
    return (ip === 4 ? formatIpv4 : formatIpv6)(this.#view.bytes, at);
  }

  /** Of this host, which has few: each is made once. `at` is a multiple of 4. */
  ofOwn(ip: 4 | 6, at: number): string {
    this.#ip = ip;
    return this.#own.get(at >>> 2, ip === 4 ? LAYOUT4 : LAYOUT6, 0).text;
  }
}
