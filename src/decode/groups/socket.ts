/** The socket of a record. */

import { PRESENT } from "../../capture/core/record.ts";
import { TCP_STATES } from "../../capture/core/tcp-states.ts";
import type { Socket } from "../../model/index.ts";
import { Interner } from "../../model/interner.ts";
import { shared } from "../../model/shared.ts";
import { AT, type RecordView } from "../record-view.ts";

const SIZE = { words: 3, sets: 512 };

export class SocketReader {
  readonly #view: RecordView;
  readonly #sockets = new Interner<Socket>(SIZE);
  #present = 0;
  readonly #make = (at: number): Socket => this.#socket(at);

  constructor(view: RecordView) {
    this.#view = view;
  }

  /** Undefined without a socket that can be trusted. */
  read(at: number, present: number): Socket | undefined {
    const bits = present & (PRESENT.state | PRESENT.cookie);
    if (bits === 0) return undefined;
    this.#present = bits;
    const view = this.#view;
    const { key } = this.#sockets;
    key[0] = bits | ((bits & PRESENT.state) === 0 ? 0 : view.u8(at + AT.state) << 8);
    const hasCookie = (bits & PRESENT.cookie) !== 0;
    if (hasCookie) {
      key[1] = view.low(at + AT.skCookie);
      key[2] = view.high(at + AT.skCookie);
    }
    return this.#sockets.get(hasCookie ? 3 : 1, this.#make, at);
  }

  #socket(at: number): Socket {
    const view = this.#view;
    const present = this.#present;
    return shared({
      state: (present & PRESENT.state) === 0 ? undefined : stateName(view.u8(at + AT.state)),
      skCookie: (present & PRESENT.cookie) === 0 ? undefined : view.u64(at + AT.skCookie),
    });
  }
}

/** An unknown state is its number. */
function stateName(state: number): string {
  return TCP_STATES[state] ?? String(state);
}
