/** What a record says of its socket's owner: one object for all records that say the same. */
import { Interner, type KeyLayout } from "../../../model/interner.ts";
import type { SocketForm, SocketIdentity } from "../../../model/owner.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { demandOffsets, type Offsets, sectionOffsets } from "../../core/record-reader.ts";
import { keyLayout, type RecordView } from "../../core/record-view.ts";
import { socket } from "../socket/socket.ts";
import { OWNER, owner, type ownerLayout } from "./owner.ts";

const SIZE = { words: 10, sets: 512 };
const TWO_32 = 2 ** 32;

export class OwnerReader {
  readonly #view: RecordView;
  readonly #at: Offsets<(typeof ownerLayout)["fields"]>;
  readonly #cookieAt: number;
  readonly #key: KeyLayout;
  readonly #identities: Interner<SocketIdentity>;

  private constructor(
    view: RecordView,
    layout: RecordLayout<never>,
    at: Offsets<(typeof ownerLayout)["fields"]>,
  ) {
    this.#view = view;
    this.#at = at;
    this.#cookieAt = demandOffsets(layout, socket).cookie;
    const { inode, cgroupId, netnsCookie, uid, bits } = at;
    this.#key = keyLayout(
      1,
      [
        [inode, 4],
        [this.#cookieAt, 8],
      ],
      [
        [inode, 8],
        [cgroupId, 8],
        [netnsCookie, 8],
        [uid, 4],
        [bits, 4],
      ],
    );
    this.#identities = new Interner(view.words, SIZE, (word) => this.#identity(4 * word));
  }

  /** Undefined where records of this trace do not say it. */
  static of(view: RecordView, layout: RecordLayout<never>): OwnerReader | undefined {
    const at = sectionOffsets(layout, owner);
    return at === undefined ? undefined : new OwnerReader(view, layout, at);
  }

  read(base: number): SocketIdentity {
    return this.#identities.get(base >>> 2, this.#key, 0);
  }

  #identity(base: number): SocketIdentity {
    const view = this.#view;
    const at = this.#at;
    const bits = view.u32(base + at.bits);
    const wasRead = (bits & OWNER.read) !== 0;
    return Object.freeze({
      form: formOf(bits),
      inode: view.high(base + at.inode) * TWO_32 + view.low(base + at.inode) || undefined,
      cgroupId: view.u64(base + at.cgroupId) || undefined,
      uid: wasRead ? view.u32(base + at.uid) : undefined,
      skCookie: view.u64(base + this.#cookieAt) || undefined,
      isOrphan: (bits & OWNER.dead) !== 0,
      hasSocket: (bits & OWNER.socket) !== 0,
      netnsCookie: view.u64(base + at.netnsCookie) || undefined,
    });
  }
}

function formOf(bits: number): SocketForm | undefined {
  if ((bits & OWNER.full) !== 0) return "full";
  if ((bits & OWNER.request) !== 0) return "request";
  return (bits & OWNER.timewait) === 0 ? undefined : "timewait";
}
