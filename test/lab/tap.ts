/**
 * A tun or tap device whose other side is this process: the host's stack receives the frames written to it,
 * in skbs of the requested shape (Documentation/networking/tuntap.rst).
 */
import { writeSync } from "node:fs";
import { struct, u8, u16 } from "../../src/bytes/struct.ts";
import type { Netns } from "../../src/lab/netns.ts";
import { ETHERNET_BYTES } from "../../src/lab/packet.ts";
import { macText } from "../../src/lab/topology.ts";
import { check } from "../../src/sys/errno.ts";
import { OwnedFd } from "../../src/sys/fd.ts";
import { O_NONBLOCK, O_RDWR } from "../../src/sys/macros.ts";
import type { Syscalls } from "../../src/sys/syscalls.ts";
import {
  IFF_NO_PI,
  IFF_TAP,
  IFF_TUN,
  IFF_VNET_HDR,
  TUNSETIFF,
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_TCPV4,
  VIRTIO_NET_HDR_GSO_TCPV6,
} from "./macros.ts";

const DEVICE = "/dev/net/tun";

/** struct ifreq, linux/if.h: the part that TUNSETIFF reads. */
const ifreq = struct("ifreq", 40, { flags: u16(16) });

/** struct virtio_net_hdr, linux/virtio_net.h, in the host's byte order. */
const virtioNetHdr = struct("virtio_net_hdr", 10, {
  flags: u8(0),
  gsoType: u8(1),
  hdrLen: u16(2),
  gsoSize: u16(4),
  csumStart: u16(6),
  csumOffset: u16(8),
});

/** Offset of the checksum in the TCP header. */
const CHECKSUM_AT = 16;

export const TAP_MAC = Uint8Array.of(2, 0, 0, 0, 0, 0x10);

export interface Shape {
  /** Bytes in the linear part, if the frame is longer than a page; default: all. */
  readonly linearBytes?: number;
  /** A GSO skb: wire segments with this many bytes of payload. */
  readonly gsoSize?: number;
}

export class Tap implements Disposable {
  readonly device: string;
  readonly #owned: OwnedFd;
  readonly #kind: "tap" | "tun";

  constructor(sys: Syscalls, host: Netns, device: string, kind: "tap" | "tun" = "tap") {
    this.device = device;
    this.#kind = kind;
    this.#owned = host.inside(
      () =>
        new OwnedFd(
          sys,
          check(sys.open(DEVICE, O_RDWR | O_NONBLOCK), "open", `Cannot open ${DEVICE}`),
          "tun device",
        ),
    );
    try {
      const request = ifreq.encode({
        flags: (kind === "tap" ? IFF_TAP : IFF_TUN) | IFF_NO_PI | IFF_VNET_HDR,
      });
      request.set(Buffer.from(device, "latin1"), 0);
      check(sys.ioctl(this.#owned.fd, TUNSETIFF, request), "ioctl", `Cannot create the device ${device}`);
      const address = kind === "tap" ? ["address", macText(TAP_MAC)] : [];
      host.run("ip", ["link", "set", device, ...address, "up"]);
    } catch (failure) {
      this.#owned[Symbol.dispose]();
      throw failure;
    }
  }

  /**
   * Makes the host receive a frame (on a tun: a packet). When this returns, the stack has processed or
   * dropped it.
   */
  receive(frame: Uint8Array, shape: Shape = {}): void {
    writeSync(this.#owned.fd, Buffer.concat([this.#header(frame, shape), frame]));
  }

  #header(frame: Uint8Array, { linearBytes, gsoSize }: Shape): Uint8Array {
    if (gsoSize === undefined)
      return virtioNetHdr.encode({ gsoType: VIRTIO_NET_HDR_GSO_NONE, hdrLen: linearBytes ?? frame.length });
    const ip = this.#kind === "tap" ? ETHERNET_BYTES : 0;
    const v6 = (frame[ip] ?? 0) >> 4 === 6;
    const csumStart = ip + (v6 ? 40 : 20);
    return virtioNetHdr.encode({
      flags: VIRTIO_NET_HDR_F_NEEDS_CSUM,
      gsoType: v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4,
      hdrLen: linearBytes ?? csumStart + 20,
      gsoSize,
      csumStart,
      csumOffset: CHECKSUM_AT,
    });
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}
