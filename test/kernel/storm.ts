/** Drops in any number: RSTs to a closed port. Each is dropped, and none is answered. */
import { addressBytes, CLIENT, type Hosts, SERVER } from "../../src/lab/hosts.ts";
import type { Segment } from "../../src/lab/packet.ts";

const RST_ACK = 0x14;
export const CLOSED_PORT = 81;
/** The sequence number of drop 0; the others follow it. */
export const FIRST_SEQ = 1_000_000;
const AT_ONCE = 50;

export function* resets(from: number, count: number): Iterable<Segment> {
  for (let index = from; index < from + count; index += 1)
    yield {
      source: addressBytes(4, CLIENT),
      destination: addressBytes(4, SERVER),
      sourcePort: 40_000,
      destinationPort: CLOSED_PORT,
      seq: FIRST_SEQ + index,
      ack: 1,
      flags: RST_ACK,
    };
}

/** Lets the event loop take a turn. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Drops without end, until disposed. */
export class Storm implements AsyncDisposable {
  #over = false;
  readonly #blown: Promise<void>;

  constructor(hosts: Hosts) {
    this.#blown = this.#blow(hosts);
  }

  async #blow(hosts: Hosts): Promise<void> {
    for (let from = 0; !this.#over; from += AT_ONCE) {
      hosts.injectAll(resets(from, AT_ONCE));
      await turn();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await this.#blown;
  }
}
