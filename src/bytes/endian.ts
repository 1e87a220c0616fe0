/** The one place that knows about byte order. */

/** True where the CPU stores the low byte first; the kernel's structs are in this order. */
export const HOST_LITTLE_ENDIAN: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The 16 bits in the other byte order. */
export function swap16(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
}

/** The 16 bits of a big-endian value as this host's loads see them, and back. */
export function be16(value: number): number {
  return HOST_LITTLE_ENDIAN ? swap16(value) : value & 0xffff;
}
