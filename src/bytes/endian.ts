/** Byte order: the only file that knows the host's. */

/** True where the CPU stores the low byte first; the kernel's structs are in this order. */
export const HOST_LITTLE_ENDIAN: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Swaps the two bytes. */
export function swap16(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
}

/** Converts 16 bits between big-endian and the host's order. */
export function be16(value: number): number {
  return HOST_LITTLE_ENDIAN ? swap16(value) : value & 0xffff;
}
