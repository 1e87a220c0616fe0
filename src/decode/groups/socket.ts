/** The socket of a record. */
import type { Socket } from "../../model/index.ts";
import { Interner } from "../../model/interner.ts";
import { PRESENT } from "../../probe/record.ts";
import { TCP_STATES } from "../../probe/tcp-states.ts";
import { AT, keyLayout, part, type RecordView } from "../record-view.ts";

const SOCKETS = { words: 2, sets: 512 };
const STATE_ALONE = keyLayout(1, []);
const WITH_COOKIE = keyLayout(2, [part("skCookie")]);

export class SocketReader {
  readonly #view: RecordView;
  readonly #sockets: Interner<Socket>;

  constructor(view: RecordView) {
    this.#view = view;
    this.#sockets = new Interner(view.words, SOCKETS, (at) => this.#socket(4 * at));
  }

  /** Undefined without a socket that can be trusted. */
  read(at: number, present: number): Socket | undefined {
    const bits = present & (PRESENT.state | PRESENT.cookie);
    if (bits === 0) return undefined;
    const tag = (bits & PRESENT.state) === 0 ? bits : bits | (this.#view.u8(at + AT.state) << 8);
    return this.#sockets.get(at >>> 2, (bits & PRESENT.cookie) === 0 ? STATE_ALONE : WITH_COOKIE, tag);
  }

  #socket(at: number): Socket {
    const view = this.#view;
    const present = view.u32(at + AT.present);
    return Object.freeze({
      state: (present & PRESENT.state) === 0 ? undefined : stateName(view.u8(at + AT.state)),
      skCookie: (present & PRESENT.cookie) === 0 ? undefined : view.u64(at + AT.skCookie),
    });
  }
}

/** An unknown state is its number. */
function stateName(state: number): string {
  return TCP_STATES[state] ?? String(state);
}
