/**
 * Two hosts that exist only in this process: network namespaces with documentation addresses, connected by
 * topology.ts.
 */
import { check } from "../sys/errno.ts";
import type { OwnedFd } from "../sys/fd.ts";
import {
  ETH_P_ALL,
  SOL_TCP,
  TCP_QUEUE_SEQ,
  TCP_REPAIR,
  TCP_REPAIR_OFF_NO_WP,
  TCP_REPAIR_QUEUE,
  TCP_SEND_QUEUE,
} from "../sys/macros.ts";
import { Scope } from "../sys/scope.ts";
import {
  acceptTcp,
  connectTcp,
  getOption,
  listenTcp,
  localPort,
  packetSocket,
  receiveBytes,
  sendBytes,
  setOption,
} from "../sys/sockets.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import type { Netns } from "./netns.ts";
import { frame, parseFrame, type SeenSegment, type Segment } from "./packet.ts";
import { CLIENT, CLIENT_MAC, join, type Path, SERVER, setSysctl, type Topology } from "./topology.ts";

export { CLIENT, CLIENT_MAC, SERVER, SERVER_MAC } from "./topology.ts";

export type Family = 4 | 6;

/** An unused address: frames to it are for another host. */
export const STRANGER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 9);

export const ADDRESS = {
  client: { 4: "192.0.2.1", 6: "2001:db8::1" },
  server: { 4: "192.0.2.2", 6: "2001:db8::2" },
} as const;

const V6_PREFIX = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/** The address of host `last` in the shared network, as bytes. */
export function addressBytes(family: Family, last: number): Uint8Array {
  return family === 4 ? Uint8Array.of(192, 0, 2, last) : Uint8Array.from([...V6_PREFIX, last]);
}

/** Multiplies waiting times: emulated machines are slow. */
export const PATIENCE = Math.max(1, Number(process.env["TCPDROP_TEST_SLOWNESS"] ?? 1) / 4);
/** A loaded machine may take seconds for what usually takes a millisecond. */
const WAIT_MS = 10_000 * PATIENCE;

/** Waits for an action of the kernel, at most 10 s on an ordinary machine. */
export async function waitFor<T>(look: () => T | undefined, what: string): Promise<T> {
  for (const until = performance.now() + WAIT_MS; ; ) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() > until) throw new Error(`${what} did not happen within ${WAIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export interface Connection {
  readonly client: OwnedFd;
  readonly server: OwnedFd;
  readonly clientPort: number;
  readonly serverPort: number;
  /** The client's next sequence number, and the one that it expects, after the handshake. */
  readonly clientSeq: number;
  readonly serverSeq: number;
}

export class Hosts implements Disposable {
  readonly path: Path;
  readonly #topology: Topology;
  readonly #scope = new Scope();
  #nextPort = 20_000;

  constructor(sys: Syscalls, path: Path = "veth") {
    this.path = path;
    try {
      this.#topology = join(path, sys, this.#scope);
    } catch (failure) {
      this.#scope[Symbol.dispose]();
      throw failure;
    }
  }

  get client(): Netns {
    return this.#topology.client;
  }

  get server(): Netns {
    return this.#topology.server;
  }

  /** Between the two on the path "forwarded", else undefined. */
  get router(): Netns | undefined {
    return this.#topology.router;
  }

  /** The client's and the server's device: "cli0" and "srv0", or "lo". */
  get clientDevice(): string {
    return this.#topology.clientDevice;
  }

  get serverDevice(): string {
    return this.#topology.serverDevice;
  }

  /** Takes ownership: closed with the hosts. */
  own<T extends Disposable>(resource: T): T {
    return this.#scope.own(resource);
  }

  /** A port that no scene has used yet. */
  newPort(): number {
    this.#nextPort += 1;
    return this.#nextPort;
  }

  listen(family: Family, port: number, backlog = 16): OwnedFd {
    return this.own(
      this.server.inside(() => listenTcp({ address: addressBytes(family, SERVER), port }, backlog)),
    );
  }

  /** Binds the client's address, which would not be chosen on loopback. */
  connect(family: Family, port: number): OwnedFd {
    const from = { address: addressBytes(family, CLIENT), port: 0 };
    return this.own(
      this.client.inside(() => connectTcp({ address: addressBytes(family, SERVER), port }, from)),
    );
  }

  /** Writes a sysctl of a host, below /proc/sys/net. */
  setSysctl(host: Netns, path: string, value: string): void {
    setSysctl(host, path, value);
  }

  /** Injects a handmade segment on the client's side of the wire. */
  inject(segment: Segment): void {
    this.injectAll([segment]);
  }

  /** Injects many over one socket; returns when the last one is on the wire. */
  injectAll(segments: Iterable<Segment>): void {
    const macs = this.clientMacs;
    this.injectFrames(
      (function* () {
        for (const segment of segments) yield frame(segment, macs);
      })(),
    );
  }

  /** Injects whole frames on the client's side of the wire, whatever they contain. */
  injectFrames(frames: Iterable<Uint8Array>): void {
    using wire = this.client.inside(() => packetSocket(this.clientDevice, 0));
    for (const bytes of frames) check(sendBytes(wire, bytes), "send", "Cannot inject a frame");
  }

  /** Destination and source MAC address of the client's frames to the server. */
  get clientMacs(): readonly [destination: Uint8Array, source: Uint8Array] {
    return [this.#topology.nextHopMac, CLIENT_MAC];
  }

  /** Captures everything on the client's side of the wire from now on; read it, or the copies pile up. */
  capture(): OwnedFd {
    return this.own(this.client.inside(() => packetSocket(this.clientDevice, ETH_P_ALL)));
  }

  /** A real connection between the two stacks, with its sequence numbers. */
  async establish(family: Family, port: number, listener = this.listen(family, port)): Promise<Connection> {
    const client = this.connect(family, port);
    const server = this.own(await waitFor(() => acceptTcp(listener), "The connection"));
    return {
      client,
      server,
      clientPort: localPort(client),
      serverPort: port,
      clientSeq: nextSequence(client),
      serverSeq: nextSequence(server),
    };
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

/** The next captured segment that is `wanted`; others are skipped. */
export function nextSegment(
  wire: OwnedFd,
  wanted: (segment: SeenSegment) => boolean,
): SeenSegment | undefined {
  for (let bytes = receiveBytes(wire, 2048); bytes !== undefined; bytes = receiveBytes(wire, 2048)) {
    const segment = parseFrame(bytes);
    if (segment !== undefined && wanted(segment)) return segment;
  }
  return undefined;
}

/**
 * The connection's next sequence number, read with TCP_REPAIR. Nothing is changed or sent: repair mode ends
 * without a window probe.
 */
function nextSequence(connection: OwnedFd): number {
  setOption(connection, SOL_TCP, TCP_REPAIR, 1);
  setOption(connection, SOL_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
  const sequence = getOption(connection, SOL_TCP, TCP_QUEUE_SEQ);
  setOption(connection, SOL_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
  return sequence;
}
