/** The socket of a record. */
import type { Socket } from "../../../model/index.ts";
import { Interner, type KeyLayout } from "../../../model/interner.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { demandOffsets, type Offsets } from "../../core/record-reader.ts";
import { keyLayout, type RecordView } from "../../core/record-view.ts";
import { TCP_STATES } from "../../core/tcp-states.ts";
import { socket, type socketLayout } from "./socket.ts";

const SIZE = { words: 2, sets: 512 };

export class SocketReader {
  readonly #view: RecordView;
  readonly #at: Offsets<(typeof socketLayout)["fields"]>;
  readonly #key: KeyLayout;
  readonly #sockets: Interner<Socket>;

  constructor(view: RecordView, layout: RecordLayout<never>) {
    this.#view = view;
    this.#at = demandOffsets(layout, socket);
    this.#key = keyLayout(1, [[this.#at.cookie, 8]]);
    this.#sockets = new Interner(view.words, SIZE, (word) => this.#socket(4 * word));
  }

  /** Undefined without a socket that can be trusted. */
  read(base: number): Socket | undefined {
    const state = this.state(base);
    return state === 0 ? undefined : this.#sockets.get(base >>> 2, this.#key, state);
  }

  /** The number of its state; 0 without such a socket. */
  state(base: number): number {
    return this.#view.u8(base + this.#at.state);
  }

  #socket(base: number): Socket {
    const view = this.#view;
    const state = view.u8(base + this.#at.state);
    return Object.freeze({
      // An unknown state is its number.
      state: TCP_STATES[state] ?? String(state),
      skCookie: view.u64(base + this.#at.cookie) || undefined,
    });
  }
}
