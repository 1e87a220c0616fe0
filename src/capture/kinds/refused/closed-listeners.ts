/**
 * The program on closing listeners, alive. Its records wait in a small ring of their own until somebody takes
 * them: there is one for each listener that closes with drops, and nobody is woken for it.
 */
import { attach, BpfMap, indexKey, KernelTypes, Program, RingBuffer } from "../../../bpf/index.ts";
import type { Btf } from "../../../btf/index.ts";
import { DecodeError, VerifierError } from "../../../errors.ts";
import type { OwnedFd } from "../../../sys/fd.ts";
import { Scope } from "../../../sys/scope.ts";
import type { Syscalls } from "../../../sys/syscalls.ts";
import {
  type ClosedListener,
  type ClosedListenerMaps,
  closedListenerCpu,
  closedListenerProgram,
  decodeClosedListener,
} from "./closed-listener.ts";

/** Some 800 records. */
const RING_BYTES = 64 * 1024;

export interface ClosedListenerOptions {
  /** Inode numbers; all network namespaces without it. */
  readonly netns: readonly number[] | undefined;
  readonly possibleCpus: number;
  /** It is asked whose they are. */
  readonly owners?: boolean;
}

export interface TakenListeners {
  /** In the order in which they closed. */
  readonly closed: readonly ClosedListener[];
  /** Since the last time: closed too, and there was no room for them. */
  readonly lost: number;
}

export class ClosedListeners implements Disposable {
  readonly #scope: Scope;
  readonly #link: OwnedFd;
  readonly #ring: RingBuffer;
  readonly #perCpu: BpfMap;
  #lost = 0;

  private constructor(scope: Scope, link: OwnedFd, ring: RingBuffer, perCpu: BpfMap) {
    this.#scope = scope;
    this.#link = link;
    this.#ring = ring;
    this.#perCpu = perCpu;
  }

  /** Loads and attaches; throws what loading and attaching throw, and leaves nothing open then. */
  static open(
    sys: Syscalls,
    btf: Btf,
    { netns, possibleCpus, owners = false }: ClosedListenerOptions,
  ): ClosedListeners {
    const scope = new Scope();
    try {
      const maps: ClosedListenerMaps = {
        perCpu: {
          name: "closed_cpu",
          kind: "percpu-array",
          keySize: 4,
          valueSize: closedListenerCpu.size,
          maxEntries: 1,
        },
        ring: { name: "closed", kind: "ring-buffer", keySize: 0, valueSize: 0, maxEntries: RING_BYTES },
      };
      const perCpu = scope.own(BpfMap.create(sys, maps.perCpu, possibleCpus));
      const ringMap = scope.own(BpfMap.create(sys, maps.ring, possibleCpus));
      const created = new Map([
        [maps.perCpu, perCpu],
        [maps.ring, ringMap],
      ]);
      const kernel = new KernelTypes(btf);
      const load = (identity: "cookie" | "address"): Program =>
        Program.load(sys, closedListenerProgram(kernel, maps, netns, identity, owners), btf, created);
      const program = scope.own(withCookies(load));
      const ring = scope.own(new RingBuffer(sys, ringMap, sys.pageSize()));
      const link = scope.own(attach(sys, program));
      return new ClosedListeners(scope, link, ring, perCpu);
    } catch (failure) {
      scope[Symbol.dispose]();
      throw failure;
    }
  }

  /** Those that closed since the last call. */
  take(): TakenListeners {
    // Counted after there was no room: what is counted by now is in no record that the drain finds.
    const total = (this.#perCpu.lookup(indexKey(0)) ?? []).reduce(
      (sum, cpu) => sum + cpu.u64AsNumber(closedListenerCpu.fields.lost.offset),
      0,
    );
    const closed: ClosedListener[] = [];
    let undecodable = 0;
    this.#ring.drain((offset, length) => {
      try {
        closed.push(decodeClosedListener(this.#ring.data, offset, length));
      } catch (failure) {
        if (!(failure instanceof DecodeError)) throw failure;
        undecodable += 1;
      }
    });
    const lost = total - this.#lost + undecodable;
    this.#lost = total;
    return { closed, lost };
  }

  /** No more records after this; those that wait can still be taken. */
  detach(): void {
    this.#link[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

/** By cookie, or by address where the verifier gives such a program no bpf_get_socket_cookie() (before 5.12). */
function withCookies(load: (identity: "cookie" | "address") => Program): Program {
  try {
    return load("cookie");
  } catch (failure) {
    if (!(failure instanceof VerifierError)) throw failure;
    return load("address");
  }
}
