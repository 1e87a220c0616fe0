/**
 * The clients of an incident by address and port, as many as a budget allows: beyond that their numbers are
 * lower bounds. A flood brings a new one with each event: nothing is made for it but its entry.
 */
import type { DistinctValues } from "./incident.ts";

/** Shared by all incidents of a run: an address or a port of it takes some 100 bytes at most. */
export interface DistinctBudget {
  left: number;
}

/** Of an address whose connections are not known. */
const NO_PORT = -1;

export class Clients {
  /** By address: the port of its connection, or those of several. */
  readonly #ports = new Map<string, number | Set<number>>();
  readonly #budget: DistinctBudget;
  #connections = 0;
  #arePeersCut = false;
  #areConnectionsCut = false;

  constructor(budget: DistinctBudget) {
    this.#budget = budget;
  }

  add(address: string, port: number | undefined): void {
    const known = this.#ports.get(address);
    if (known === undefined) this.#addPeer(address, port);
    else if (port !== undefined && known !== port) this.#addConnection(address, known, port);
  }

  /** Takes over those of an incident that is given up, with their room. */
  absorb(other: Clients): void {
    this.#budget.left += other.#ports.size + other.#connections;
    for (const [address, ports] of other.#ports)
      for (const port of typeof ports === "object" ? ports : [ports])
        this.add(address, port === NO_PORT ? undefined : port);
    this.#arePeersCut ||= other.#arePeersCut;
    this.#areConnectionsCut ||= other.#areConnectionsCut;
  }

  /** Addresses. */
  get peers(): DistinctValues {
    const ports = this.#ports;
    return { size: ports.size, isCut: this.#arePeersCut, values: () => ports.keys() };
  }

  /** "address port". */
  get connections(): DistinctValues {
    return {
      size: this.#connections,
      isCut: this.#areConnectionsCut,
      values: () => connectionsOf(this.#ports),
    };
  }

  #addPeer(address: string, port: number | undefined): void {
    if (!this.#takes()) {
      this.#arePeersCut = true;
      if (port !== undefined) this.#areConnectionsCut = true;
    } else if (port === undefined) this.#ports.set(address, NO_PORT);
    else this.#ports.set(address, this.#isCounted() ? port : NO_PORT);
  }

  #addConnection(address: string, known: number | Set<number>, port: number): void {
    if (typeof known === "object") {
      if (!known.has(port) && this.#isCounted()) known.add(port);
    } else if (this.#isCounted()) this.#ports.set(address, known === NO_PORT ? port : new Set([known, port]));
  }

  /** Whether there is room for one more connection. */
  #isCounted(): boolean {
    if (this.#takes()) this.#connections += 1;
    else {
      this.#areConnectionsCut = true;
      return false;
    }
    return true;
  }

  #takes(): boolean {
    if (this.#budget.left <= 0) return false;
    this.#budget.left -= 1;
    return true;
  }
}

function* connectionsOf(byAddress: ReadonlyMap<string, number | Set<number>>): Generator<string> {
  for (const [address, ports] of byAddress)
    for (const port of typeof ports === "object" ? ports : [ports])
      if (port !== NO_PORT) yield `${address} ${port}`;
}
