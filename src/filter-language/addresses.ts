/** Addresses in the text of a filter: as pcap-filter reads them, and back. */
import { formatIpv6 } from "../bytes/format-address.ts";
import type { Network, Network4, Network6, Range } from "./tree.ts";

/**
 * One to four numbers with dots between: the address's first bytes, and how many bits they are. Undefined
 * where one is above 255.
 */
export function parseDotted(text: string): { readonly value: number; readonly bits: number } | undefined {
  const parts = text.split(".").map(Number);
  if (parts.length > 4 || parts.some((part) => !(part <= 255))) return undefined;
  const value = parts.reduce((sum, part) => sum * 256 + part, 0);
  return { value, bits: 8 * parts.length };
}

/** The first bytes moved to the front of 32 bits: "10.1" is 10.1.0.0. */
export function leftAligned({ value, bits }: { readonly value: number; readonly bits: number }): number {
  return value * 2 ** (32 - bits);
}

export function maskOfPrefix(prefix: number): number {
  return prefix === 0 ? 0 : (-1 << (32 - prefix)) >>> 0;
}

/** The length of the prefix that the mask is, or undefined where it has holes. */
export function prefixOfMask(mask: number): number | undefined {
  const prefix = Math.clz32(~mask);
  return maskOfPrefix(prefix) === mask ? prefix : undefined;
}

/** The number of an address that is known to be one, as events have it. */
export function address4Of(text: string): number {
  return leftAligned(parseDotted(text) ?? { value: 0, bits: 32 });
}

/** The four words of an address that is known to be one. */
export function address6Of(text: string): Network6["address"] {
  return parseIp6(text) ?? [0, 0, 0, 0];
}

/** Four 32-bit numbers, or undefined. */
export function parseIp6(text: string): Network6["address"] | undefined {
  const withV4 = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const dotted = withV4 === null ? undefined : parseDotted(withV4[2] ?? "");
  if (withV4 !== null && dotted === undefined) return undefined;
  const whole =
    dotted === undefined
      ? text
      : `${withV4?.[1]}${(dotted.value >>> 16).toString(16)}:${(dotted.value & 0xffff).toString(16)}`;
  const halves = whole.split("::");
  if (halves.length > 2) return undefined;
  const [before = [], after] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - before.length - (after?.length ?? 0);
  if (after === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...new Array<string>(missing).fill("0"), ...(after ?? [])];
  if (groups.some((group) => !/^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined;
  const word = (index: number): number =>
    (Number.parseInt(groups[2 * index] ?? "", 16) * 65_536 +
      Number.parseInt(groups[2 * index + 1] ?? "", 16)) >>>
    0;
  return Object.freeze([word(0), word(1), word(2), word(3)] as const);
}

/** The mask's word of an IPv6 prefix, 0 to 3. */
export function maskWord(prefix: number, index: number): number {
  return maskOfPrefix(Math.min(32, Math.max(0, prefix - 32 * index)));
}

/** The first and last address of an IPv4 network whose mask is a prefix. */
export function rangeOfNetwork({ address, mask }: Network4): Range {
  return { low: address, high: (address | ~mask) >>> 0 };
}

/** 32-bit words as bytes in network order. */
export function networkBytes(...words: readonly number[]): Uint8Array {
  return Uint8Array.from(words.flatMap((word) => [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff)));
}

export function formatIp4(address: number): string {
  return networkBytes(address).join(".");
}

export function formatIp6(address: Network6["address"]): string {
  return formatIpv6(networkBytes(...address), 0);
}

/** As the language takes it, without `host` or `net`: "10.0.0.0/8", "::1", "10.0.0.0 mask 255.0.255.0". */
export function formatNetwork(network: Network): string {
  if (network.family === 6)
    return network.prefix === 128
      ? formatIp6(network.address)
      : `${formatIp6(network.address)}/${network.prefix}`;
  const prefix = prefixOfMask(network.mask);
  if (prefix === 32) return formatIp4(network.address);
  return prefix === undefined
    ? `${formatIp4(network.address)} mask ${formatIp4(network.mask)}`
    : `${formatIp4(network.address)}/${prefix}`;
}

/** True for a single host's address. */
export function isHost(network: Network): boolean {
  return network.family === 6 ? network.prefix === 128 : network.mask === 0xffff_ffff;
}

export function network4(address: number, mask: number): Network4 {
  return Object.freeze({ family: 4, address, mask });
}

export function network6(address: Network6["address"], prefix: number): Network6 {
  return Object.freeze({ family: 6, address, prefix });
}
