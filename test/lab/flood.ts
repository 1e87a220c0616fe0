/**
 * A known number of drops, as fast as one CPU can make them: RST|ACK segments to a closed port. Each is
 * dropped once (NO_SOCKET), and none is answered: tcp_v4_send_reset() (net/ipv4/tcp_ipv4.c) sends no RST for
 * a RST. A SYN would make two drops.
 *
 * The server's device receives them through an XDP program: nothing is sent, so no queue can overflow on the
 * way.
 */
import { BpfMap, indexKey, Program } from "../../src/bpf/index.ts";
import type { Btf } from "../../src/btf/index.ts";
import { addressBytes } from "../../src/lab/hosts.ts";
import { frame } from "../../src/lab/packet.ts";
import { CLIENT_MAC, SERVER, SERVER_MAC } from "../../src/lab/topology.ts";
import { Scope } from "../../src/sys/scope.ts";
import { interfaceIndex } from "../../src/sys/sockets.ts";
import type { Syscalls } from "../../src/sys/syscalls.ts";
import { FLOOD_COUNT, type FloodSegments, floodProgram, inverse16, inverse32 } from "./flood-program.ts";
import { receiveFrames } from "./receive-frames.ts";

const RST_ACK = 0x14;
/**
 * `stop` and the deadline are checked after this many segments, which take a tenth of a second or more. Fewer
 * would be slow: each run of the program ends with some 25 ms of waiting in the kernel, while it tears down
 * its page pool.
 */
const CHUNK = 100_000;

/** Plain data, so that it can be passed to another process. */
export interface FloodRequest extends FloodSegments {
  /** A device in this thread's namespace: the server's. */
  readonly device: string;
  /** The last number of the source address in the two hosts' network: 1 is the client. */
  readonly source: number;
  readonly destinationPort: number;
  readonly count: number;
  /** Undefined: as fast as possible. */
  readonly perSecond?: number | undefined;
  /** Ends after this time, finished or not. */
  readonly limitMs: number;
}

export class Flood implements Disposable {
  readonly #sys: Syscalls;
  readonly #request: FloodRequest;
  readonly #frame: Uint8Array;
  readonly #ifindex: number;
  readonly #scope = new Scope();
  readonly #map: BpfMap;
  readonly #program: Program;
  #stopped = false;
  #busyMs = 0;

  constructor(sys: Syscalls, btf: Btf, request: FloodRequest) {
    this.#sys = sys;
    this.#request = request;
    this.#frame = firstFrame(request);
    this.#ifindex = interfaceIndex(request.device);
    try {
      this.#map = this.#scope.own(BpfMap.create(sys, FLOOD_COUNT, 1));
      this.#program = this.#scope.own(
        Program.load(sys, floodProgram(request), btf, new Map([[FLOOD_COUNT, this.#map]])),
      );
    } catch (failure) {
      this.#scope[Symbol.dispose]();
      throw failure;
    }
  }

  /** Segments made so far. */
  get made(): number {
    return this.#map.lookup(indexKey(0))?.[0]?.u64AsNumber(0) ?? 0;
  }

  /** Time spent making them, without the wait at the end of each run of the program. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /** Ends `run` after the current chunk. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Makes the segments and returns their number, which is lower than requested after `stop` or the deadline.
   * Yields to the event loop between chunks.
   */
  async run(onProgress: (made: number) => void = () => undefined): Promise<number> {
    const { count, perSecond = Number.POSITIVE_INFINITY, limitMs } = this.#request;
    const startedMs = performance.now();
    for (;;) {
      const made = this.made;
      onProgress(made);
      const elapsedMs = performance.now() - startedMs;
      if (made >= count || elapsedMs > limitMs || this.#stopped) return made;
      // Paced behind the clock, never ahead of it.
      const due = Math.min(
        count,
        perSecond === Number.POSITIVE_INFINITY ? count : Math.ceil((elapsedMs / 1000) * perSecond),
      );
      const repeat = Math.min(due - made, CHUNK);
      if (repeat > 0) this.#make(repeat);
      await new Promise((resolve) => (due - made > CHUNK ? setImmediate(resolve) : setTimeout(resolve, 1)));
    }
  }

  #make(repeat: number): void {
    const startedMs = performance.now();
    const ns = receiveFrames(this.#sys, this.#program, {
      frame: this.#frame,
      ifindex: this.#ifindex,
      repeat,
    });
    this.#busyMs += ns === undefined ? performance.now() - startedMs : (ns * repeat) / 1e6;
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

/** With the checksum that is right for all segments. */
function firstFrame({ family, firstSeq, source, sourcePort, destinationPort }: FloodRequest): Uint8Array {
  const segment = {
    source: addressBytes(family, source),
    destination: addressBytes(family, SERVER),
    sourcePort,
    destinationPort,
    seq: firstSeq,
    ack: inverse32(firstSeq),
    flags: RST_ACK,
    window: inverse16(sourcePort),
  };
  return frame(segment, [SERVER_MAC, CLIENT_MAC]);
}
