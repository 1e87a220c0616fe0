/** TCP MD5 signatures (RFC 2385) and TCP-AO (RFC 5925): keys of a listener for one peer. */
import { HOST_LITTLE_ENDIAN } from "../../../src/bytes/endian.ts";
import type { OwnedFd } from "../../../src/sys/fd.ts";
import { AF_INET, AF_INET6, SOL_TCP } from "../../../src/sys/macros.ts";
import { setOption } from "../../../src/sys/sockets.ts";
import { TCP_MD5SIG } from "../../lab/macros.ts";

const KEY = Buffer.from("secret");
/** struct sockaddr_storage */
const ADDRESS_BYTES = 128;
/** linux/tcp.h, since Linux 6.7; the headers of Debian 12 lack it. */
const TCP_AO_ADD_KEY = 38;

/** Requires MD5 signatures from an address: struct tcp_md5sig, linux/tcp.h. */
export function demandMd5(listener: OwnedFd, peer: Uint8Array): void {
  const { bytes, view } = keyOf(peer, ADDRESS_BYTES + 88);
  view.setUint16(ADDRESS_BYTES + 2, KEY.length, HOST_LITTLE_ENDIAN);
  bytes.set(KEY, ADDRESS_BYTES + 8);
  setOption(listener, SOL_TCP, TCP_MD5SIG, bytes);
}

/** The one key that `demandAuthentication` sets. */
export const AO_KEY_ID = 100;
/** Bytes of its signatures. */
export const AO_SIGNATURE_BYTES = 12;

/** Requires TCP-AO signatures from an address: struct tcp_ao_add, linux/tcp.h. */
export function demandAuthentication(listener: OwnedFd, peer: Uint8Array): void {
  const { bytes } = keyOf(peer, ADDRESS_BYTES + 160);
  bytes.set(Buffer.from("hmac(sha1)"), ADDRESS_BYTES);
  // prefix, sndid, rcvid, maclen, keyflags, keylen
  bytes.set([peer.length * 8, AO_KEY_ID, AO_KEY_ID, AO_SIGNATURE_BYTES, 0, KEY.length], ADDRESS_BYTES + 74);
  bytes.set(KEY, ADDRESS_BYTES + 80);
  setOption(listener, SOL_TCP, TCP_AO_ADD_KEY, bytes);
}

/** A struct that begins with a struct sockaddr_in or sockaddr_in6. */
function keyOf(peer: Uint8Array, sizeBytes: number) {
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, peer.length === 16 ? AF_INET6 : AF_INET, HOST_LITTLE_ENDIAN);
  bytes.set(peer, peer.length === 16 ? 8 : 4);
  return { bytes, view };
}
