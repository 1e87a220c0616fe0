/** The socket of a record. */
import type { Socket } from "../../../model/index.ts";
import { Interner } from "../../../model/interner.ts";
import { shared } from "../../../model/shared.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { demandOffsets, type Offsets } from "../../core/record-reader.ts";
import type { RecordView } from "../../core/record-view.ts";
import { TCP_STATES } from "../../core/tcp-states.ts";
import { socket, type socketLayout } from "./socket.ts";

const SIZE = { words: 3, sets: 512 };

export class SocketReader {
  readonly #view: RecordView;
  readonly #at: Offsets<(typeof socketLayout)["fields"]>;
  readonly #sockets = new Interner<Socket>(SIZE);
  readonly #make = (base: number): Socket => this.#socket(base);

  constructor(view: RecordView, layout: RecordLayout<never>) {
    this.#view = view;
    this.#at = demandOffsets(layout, socket);
  }

  /** Undefined without a socket that can be trusted. */
  read(base: number): Socket | undefined {
    const view = this.#view;
    const at = this.#at;
    const state = view.u8(base + at.state);
    if (state === 0) return undefined;
    const { key } = this.#sockets;
    key[0] = state;
    key[1] = view.low(base + at.cookie);
    key[2] = view.high(base + at.cookie);
    return this.#sockets.get(SIZE.words, this.#make, base);
  }

  #socket(base: number): Socket {
    const view = this.#view;
    const state = view.u8(base + this.#at.state);
    return shared({
      // An unknown state is its number.
      state: TCP_STATES[state] ?? String(state),
      skCookie: view.u64(base + this.#at.cookie) || undefined,
    });
  }
}
