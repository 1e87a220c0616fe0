/**
 * Two hosts that exist only in this process: network namespaces joined by a veth pair, with documentation addresses.
 *
 *     client  192.0.2.1  2001:db8::1   cli0 ----- srv0   192.0.2.2  2001:db8::2  server
 */
import { writeFileSync } from "node:fs";
import { check } from "../sys/errno.ts";
import type { OwnedFd } from "../sys/fd.ts";
import { ETH_P_ALL } from "../sys/macros.ts";
import { Scope } from "../sys/scope.ts";
import { acceptTcp, connectTcp, listenTcp, packetSocket, receiveBytes, sendBytes } from "../sys/sockets.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { Netns } from "./netns.ts";
import { frame, parseFrame, type Segment } from "./packet.ts";

export type Family = 4 | 6;

export const CLIENT_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
export const SERVER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 2);
/** Nobody's: what is sent to it is for another host. */
export const STRANGER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 9);

/** RFC 5737 and RFC 3849. */
export const ADDRESS = {
  client: { 4: "192.0.2.1", 6: "2001:db8::1" },
  server: { 4: "192.0.2.2", 6: "2001:db8::2" },
} as const;

const V6_PREFIX = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/** Bytes of host `last` in the network that both share. */
export function addressBytes(family: Family, last: number): Uint8Array {
  return family === 4 ? Uint8Array.of(192, 0, 2, last) : Uint8Array.from([...V6_PREFIX, last]);
}

export const CLIENT = 1;
export const SERVER = 2;
const WAIT_MS = 2000;

/** Waits for something that the kernel does, not longer than 2 s. */
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
  /** What the client sends next, and what it expects: as they stood after the handshake. */
  readonly clientSeq: number;
  readonly serverSeq: number;
}

export class Hosts implements Disposable {
  readonly client: Netns;
  readonly server: Netns;
  readonly #scope = new Scope();
  #nextPort = 20_000;

  constructor(sys: Syscalls) {
    try {
      this.client = this.#scope.own(Netns.create(sys));
      this.server = this.#scope.own(Netns.create(sys));
      this.#join();
    } catch (failure) {
      this.#scope[Symbol.dispose]();
      throw failure;
    }
  }

  #join(): void {
    const mac = (bytes: Uint8Array): string =>
      Buffer.from(bytes)
        .toString("hex")
        .replace(/..(?!$)/g, "$&:");
    this.client.run(
      "ip",
      ["-batch", "-"],
      `link add cli0 address ${mac(CLIENT_MAC)} type veth peer name srv0 address ${mac(SERVER_MAC)}\nlink set srv0 netns ${this.server.path}\n`,
    );
    this.client.run("ip", ["-batch", "-"], hostLines("cli0", CLIENT));
    this.server.run("ip", ["-batch", "-"], hostLines("srv0", SERVER));
    // No neighbour discovery in the way: it would be traffic, and take time.
    this.client.run(
      "ip",
      ["-batch", "-"],
      `neigh replace ${ADDRESS.server[4]} lladdr ${mac(SERVER_MAC)} dev cli0\nneigh replace ${ADDRESS.server[6]} lladdr ${mac(SERVER_MAC)} dev cli0\n`,
    );
    this.server.run(
      "ip",
      ["-batch", "-"],
      `neigh replace ${ADDRESS.client[4]} lladdr ${mac(CLIENT_MAC)} dev srv0\nneigh replace ${ADDRESS.client[6]} lladdr ${mac(CLIENT_MAC)} dev srv0\n`,
    );
  }

  /** Closed with the hosts. */
  own<T extends Disposable>(resource: T): T {
    return this.#scope.own(resource);
  }

  /** A port that no scene has used. */
  newPort(): number {
    this.#nextPort += 1;
    return this.#nextPort;
  }

  listen(family: Family, port: number, backlog = 16): OwnedFd {
    return this.own(this.server.inside(() => listenTcp({ address: addressBytes(family, SERVER), port }, backlog)));
  }

  connect(family: Family, port: number): OwnedFd {
    return this.own(this.client.inside(() => connectTcp({ address: addressBytes(family, SERVER), port })));
  }

  /** Writes a sysctl of a host, below /proc/sys/net. */
  setSysctl(host: Netns, path: string, value: string): void {
    host.inside(() => writeFileSync(`/proc/sys/net/${path}`, value));
  }

  /** Sends a segment made by hand from the client's side of the wire. */
  inject(segment: Segment): void {
    this.injectAll([segment]);
  }

  /** Many, over one socket; returns when the last one has been handed to the wire. */
  injectAll(segments: Iterable<Segment>): void {
    using wire = this.client.inside(() => packetSocket("cli0", 0));
    for (const segment of segments) check(sendBytes(wire, frame(segment, [SERVER_MAC, CLIENT_MAC])), "send", "Cannot inject a segment");
  }

  /** All that passes the client's side of the wire from now on; read it, or the copies pile up. */
  capture(): OwnedFd {
    return this.own(this.client.inside(() => packetSocket("cli0", ETH_P_ALL)));
  }

  /** A connection over the real stacks, with its sequence numbers. */
  async establish(family: Family, port: number): Promise<Connection> {
    const listener = this.listen(family, port);
    const wire = this.client.inside(() => packetSocket("cli0", ETH_P_ALL));
    try {
      const client = this.connect(family, port);
      const synAck = await waitFor(() => nextSegment(wire, (s) => s.sourcePort === port && s.flags === 0x12), "The SYN-ACK");
      const server = this.own(await waitFor(() => acceptTcp(listener), "The connection"));
      return { client, server, clientPort: synAck.destinationPort, serverPort: port, clientSeq: synAck.ack, serverSeq: (synAck.seq + 1) >>> 0 };
    } finally {
      wire[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

/** The next captured segment that is wanted, passing over the rest. */
export function nextSegment(wire: OwnedFd, wanted: (segment: NonNullable<ReturnType<typeof parseFrame>>) => boolean): ReturnType<typeof parseFrame> {
  for (let bytes = receiveBytes(wire, 2048); bytes !== undefined; bytes = receiveBytes(wire, 2048)) {
    const segment = parseFrame(bytes);
    if (segment !== undefined && wanted(segment)) return segment;
  }
  return undefined;
}

function hostLines(device: string, last: number): string {
  return `addr add 192.0.2.${last}/24 dev ${device}\naddr add 2001:db8::${last}/64 dev ${device} nodad\nlink set lo up\nlink set ${device} up\n`;
}
