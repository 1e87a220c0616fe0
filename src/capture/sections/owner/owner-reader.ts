/** What a record says of its socket's owner: one object for all records that say the same. */
import { Interner, type KeyLayout } from "../../../model/interner.ts";
import type { SocketIdentity } from "../../../model/owner.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { demandOffsets, type Offsets, sectionOffsets } from "../../core/record-reader.ts";
import { keyLayout, type RecordView } from "../../core/record-view.ts";
import { socket } from "../socket/socket.ts";
import { owner, type ownerLayout } from "./owner.ts";
import { socketIdentity } from "./socket-identity.ts";

const SIZE = { words: 10, sets: 512 };

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
    return socketIdentity(
      {
        inode: view.u64(base + at.inode),
        cgroupId: view.u64(base + at.cgroupId),
        netnsCookie: view.u64(base + at.netnsCookie),
        uid: view.u32(base + at.uid),
        bits: view.u32(base + at.bits),
      },
      view.u64(base + this.#cookieAt),
    );
  }
}
