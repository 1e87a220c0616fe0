/** A program that reads an NFQUEUE, as far as scenarios need one: linux/netfilter/nfnetlink_queue.h. */
import { type Hosts, waitFor } from "../../../src/lab/hosts.ts";
import type { Netns } from "../../../src/lab/netns.ts";
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { netlinkSocket, receiveBytes, sendBytes } from "../../../src/sys/sockets.ts";

const NETLINK_NETFILTER = 12;
const NFNL_SUBSYS_QUEUE = 3 << 8;
const NFQNL_MSG = { packet: 0, verdict: 1, config: 2 } as const;
const NLM_F_REQUEST = 1;
/** Attributes of a configuration: the command to bind, and how much of each packet is copied. */
const NFQA_CFG_CMD = 1;
const NFQA_CFG_PARAMS = 2;
const BIND = 1;
const COPY_META = 1;
/** Attributes of a packet and of a verdict: their headers. */
const NFQA_PACKET_HDR = 1;
const NFQA_VERDICT_HDR = 2;
const NF_DROP = 0;
/** struct nlmsghdr, and struct nfgenmsg behind it. */
const HEADER_BYTES = 20;

export class QueueReader {
  readonly #socket: OwnedFd;
  readonly #queue: number;

  constructor(hosts: Hosts, host: Netns, queue: number) {
    this.#socket = hosts.own(host.inside(() => netlinkSocket(NETLINK_NETFILTER)));
    this.#queue = queue;
    this.#send(NFQNL_MSG.config, attribute(NFQA_CFG_CMD, Uint8Array.of(BIND, 0, 0, 0)));
    this.#send(NFQNL_MSG.config, attribute(NFQA_CFG_PARAMS, Uint8Array.of(0, 0, 0, 0, COPY_META)));
  }

  /** The id of the next packet that waits for a verdict: 4 bytes, as the kernel wrote them. */
  next(): Promise<Uint8Array> {
    return waitFor(() => {
      const message = receiveBytes(this.#socket, 4096);
      if (message === undefined || message[4] !== NFQNL_MSG.packet) return undefined;
      const at = HEADER_BYTES;
      return message[at + 2] === NFQA_PACKET_HDR ? message.slice(at + 4, at + 8) : undefined;
    }, "The packet in the queue");
  }

  drop(id: Uint8Array): void {
    this.#send(NFQNL_MSG.verdict, attribute(NFQA_VERDICT_HDR, Uint8Array.of(0, 0, 0, NF_DROP, ...id)));
  }

  /** As when the program ends. */
  close(): void {
    this.#socket[Symbol.dispose]();
  }

  #send(kind: number, payload: Uint8Array): void {
    const bytes = new Uint8Array(HEADER_BYTES + payload.length);
    new Uint32Array(bytes.buffer, 0, 1)[0] = bytes.length;
    new Uint16Array(bytes.buffer, 4, 2).set([NFNL_SUBSYS_QUEUE | kind, NLM_F_REQUEST]);
    bytes.set([0, 0, this.#queue >> 8, this.#queue & 0xff], 16);
    bytes.set(payload, HEADER_BYTES);
    sendBytes(this.#socket, bytes);
  }
}

/** struct nlattr with its value, padded to 4 bytes. */
function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + ((value.length + 3) & ~3));
  new Uint16Array(bytes.buffer, 0, 2).set([4 + value.length, type]);
  bytes.set(value, 4);
  return bytes;
}
