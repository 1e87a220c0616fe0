/** TCP options, padded with NOPs to whole words. Numbers: IANA, TCP Option Kind Numbers. */

const NOP = 1;

/** RFC 9293: `mss` bytes at most in a segment. */
export function maxSegmentSize(mss: number): Uint8Array {
  return Uint8Array.of(2, 4, mss >> 8, mss & 0xff);
}

/** RFC 2018. */
export const SACK_PERMITTED = Uint8Array.of(NOP, NOP, 4, 2);

/**
 * RFC 7323. An echo of 0 is no echo, and is ignored: net/ipv4/tcp_input.c, tcp_parse_options() and the
 * readers of rcv_tsecr.
 */
export function timestamps(value: number, echo = 0): Uint8Array {
  return Uint8Array.of(NOP, NOP, 8, 10, ...u32(value), ...u32(echo));
}

/** RFC 2385; 16 bytes of signature. */
export function md5(signature: Uint8Array): Uint8Array {
  return Uint8Array.of(NOP, NOP, 19, 18, ...signature);
}

/** RFC 5925: key ids, and a signature whose length is a multiple of 4. */
export function authentication(keyId: number, nextKeyId: number, signature: Uint8Array): Uint8Array {
  return Uint8Array.of(29, 4 + signature.length, keyId, nextKeyId, ...signature);
}

/** RFC 7413: a cookie, or none to ask for one. */
export function fastOpen(cookie: Uint8Array = new Uint8Array(0)): Uint8Array {
  const padding = (4 - ((2 + cookie.length) % 4)) % 4;
  return Uint8Array.of(...new Array<number>(padding).fill(NOP), 34, 2 + cookie.length, ...cookie);
}

/** RFC 8684, MP_JOIN of a SYN: whose connection, by its token, and a nonce. */
export function multipathJoin(token: number): Uint8Array {
  return Uint8Array.of(30, 12, 0x10, 1, ...u32(token), ...u32(1));
}

/**
 * `words` words of padding: another header length, and so never the fast path (net/ipv4/tcp_input.c,
 * tcp_rcv_established(), pred_flags).
 */
export function nops(words: number): Uint8Array {
  return new Uint8Array(4 * words).fill(NOP);
}

export function together(...options: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(options.flatMap((option) => [...option]));
}

function u32(value: number): readonly number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
