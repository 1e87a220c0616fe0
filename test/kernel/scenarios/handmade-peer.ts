/**
 * A peer of the server without a stack: its segments are handmade, and nothing answers or resets what it
 * receives. It lives in its own namespace, which is not traced, behind its own device of the server.
 */
import assert from "node:assert/strict";
import { addressBytes, type Family, nextSegment, SERVER, waitFor } from "../../../src/lab/hosts.ts";
import { Netns } from "../../../src/lab/netns.ts";
import type { SeenSegment } from "../../../src/lab/packet.ts";
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { libcSyscalls } from "../../../src/sys/libc.ts";
import { ETH_P_IP, ETH_P_IPV6 } from "../../../src/sys/macros.ts";
import { acceptTcp, packetSocket, sendBytes, setOption } from "../../../src/sys/sockets.ts";
import { PACKET_QDISC_BYPASS, SOL_PACKET } from "../../lab/macros.ts";
import { type Addresses, ethernet, ip as ipPacket, type TcpFields, tcp } from "./frames.ts";
import { ip } from "./rules.ts";
import { type Lab, received } from "./scenario.ts";
import { ACK, NO_STACK_PORT, SYN, SYN_ACK } from "./segments.ts";

const PEER = 9;
const PEER_ADDRESS = { 4: "192.0.2.9", 6: "2001:db8::9" } as const;
const PEER_MAC = [2, 0, 0, 0, 0, 9];
const SERVER_MAC = [2, 0, 0, 0, 0, 10];
/** Large enough for a segment that exceeds a small receive buffer. */
const MTU_BYTES = 9000;

/** The peer's initial sequence number. */
export const PEER_ISN = 1_000_000;

type Fields = Omit<TcpFields, "sport" | "dport"> & Partial<Pick<TcpFields, "sport" | "dport">>;

export class HandmadePeer {
  readonly address: string;
  readonly #family: Family;
  readonly #wire: OwnedFd;
  readonly #addresses: Addresses;

  private constructor(family: Family, wire: OwnedFd) {
    this.#family = family;
    this.#wire = wire;
    this.address = PEER_ADDRESS[family];
    this.#addresses = { source: addressBytes(family, PEER), destination: addressBytes(family, SERVER) };
  }

  static join({ hosts, family }: Lab): HandmadePeer {
    const namespace = hosts.own(Netns.create(libcSyscalls));
    const mac = (bytes: readonly number[]): string => bytes.map((byte) => byte.toString(16)).join(":");
    // The server's end comes up last: then its queue accepts packets immediately, and not only when a worker
    // of the kernel has run.
    const mtu = `mtu ${MTU_BYTES}`;
    ip(
      hosts.server,
      `link add srv1 address ${mac(SERVER_MAC)} ${mtu} type veth peer name peer0 address ${mac(PEER_MAC)} ${mtu} netns ${namespace.path}`,
    );
    ip(namespace, "link set peer0 up");
    ip(
      hosts.server,
      "link set srv1 up",
      `route add ${PEER_ADDRESS[family]} dev srv1`,
      `neigh replace ${PEER_ADDRESS[family]} lladdr ${mac(PEER_MAC)} dev srv1`,
    );
    const wire = hosts.own(
      namespace.inside(() => packetSocket("peer0", family === 4 ? ETH_P_IP : ETH_P_IPV6)),
    );
    // The queue of the peer's end may not exist yet.
    setOption(wire, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
    return new HandmadePeer(family, wire);
  }

  get addressBytes(): Uint8Array {
    return this.#addresses.source;
  }

  /** What drops of the peer's segments at the server have in common. */
  get dropped() {
    return { ...received, saddr: this.address } as const;
  }

  send(...segments: readonly TcpFields[]): void {
    for (const segment of segments) {
      const packet = ipPacket(this.#family, tcp(this.#addresses, segment), this.#addresses);
      const bytes = ethernet([Uint8Array.from(SERVER_MAC), Uint8Array.from(PEER_MAC)], packet);
      assert.equal(sendBytes(this.#wire, bytes), bytes.length, "the peer sends a segment");
    }
  }

  /**
   * The next wanted segment from the server, if it has arrived; earlier ones are skipped.
   */
  poll(wanted: (segment: SeenSegment) => boolean): SeenSegment | undefined {
    return nextSegment(this.#wire, wanted);
  }

  /** The same, when it arrives. */
  receive(wanted: (segment: SeenSegment) => boolean, what: string): Promise<SeenSegment> {
    return waitFor(() => this.poll(wanted), what);
  }

  /** A SYN, and the server's answer to it. */
  async begin(
    dport: number,
    { sport = NO_STACK_PORT, ...syn }: Partial<TcpFields> = {},
  ): Promise<HandmadeConnection> {
    const seq = syn.seq ?? PEER_ISN;
    this.send({ ack: 0, flags: SYN, ...syn, seq, sport, dport });
    const answer = await this.receive(
      (segment) => segment.destinationPort === sport && segment.flags === SYN_ACK,
      "The SYN-ACK",
    );
    return new HandmadeConnection(this, { sport, dport }, (seq + 1) >>> 0, answer);
  }

  /** A complete handshake; `more` is added to its last ACK. */
  async open(
    listener: OwnedFd,
    dport: number,
    syn: Partial<TcpFields> = {},
    more: Fields = {},
  ): Promise<AcceptedConnection> {
    const connection = await this.begin(dport, syn);
    connection.send(more);
    const server = await waitFor(() => acceptTcp(listener), "The connection");
    return { connection, server };
  }
}

export interface AcceptedConnection {
  readonly connection: HandmadeConnection;
  readonly server: OwnedFd;
}

export class HandmadeConnection {
  readonly ports: { readonly sport: number; readonly dport: number };
  /** The peer's next sequence number after its SYN, and the one that it expects after the server's. */
  readonly seq: number;
  readonly ack: number;
  /** The window of the SYN-ACK; never scaled, because the peer does not scale. */
  readonly window: number;
  readonly #peer: HandmadePeer;

  constructor(peer: HandmadePeer, ports: HandmadeConnection["ports"], seq: number, synAck: SeenSegment) {
    this.#peer = peer;
    this.ports = ports;
    this.seq = seq;
    this.ack = (synAck.seq + 1) >>> 0;
    this.window = synAck.window;
  }

  /** Default: ACK with the numbers after the handshake. */
  send(...segments: readonly Fields[]): void {
    const { seq, ack, ports } = this;
    this.#peer.send(...segments.map((segment) => ({ seq, ack, flags: ACK, ...ports, ...segment })));
  }

  /** The next wanted segment on this connection. */
  receive(wanted: (segment: SeenSegment) => boolean, what: string): Promise<SeenSegment> {
    return this.#peer.receive(
      (segment) =>
        segment.destinationPort === this.ports.sport &&
        segment.sourcePort === this.ports.dport &&
        wanted(segment),
      what,
    );
  }

  /** What drops of its segments at the server have in common. */
  get dropped() {
    return { ...this.#peer.dropped, ...this.ports } as const;
  }
}
