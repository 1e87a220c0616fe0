/** Arguments of pcap-filter's qualifiers: addresses, networks and protocol numbers; ports are in parse-port.ts. */
import { formatNetwork, leftAligned, maskOfPrefix, maskWord, network4, network6 } from "./addresses.ts";
import type { Token } from "./lexer.ts";
import { nearest } from "./nearest.ts";
import type { ParseContext } from "./parse-context.ts";
import { parsePort } from "./parse-port.ts";
import { END } from "./print.ts";
import type { PacketQualifier } from "./qualifier.ts";
import { spanFrom, type Taken, taken } from "./taken.ts";
import { across, type End, type FilterNode, type Network, type Network6, type Span } from "./tree.ts";
import { IP_PROTOCOLS, PROTOCOLS } from "./vocabulary.ts";

const AN_ADDRESS = "an IPv4 or IPv6 address";
const A_NETWORK = "a network like 10.0.0.0/8, 10 or 2001:db8::/32";

/** Reads one argument, which is no parenthesis and no `not`. */
export function parseArgument(context: ParseContext, qualifier: PacketQualifier): FilterNode {
  switch (qualifier.type) {
    case "host":
      return address(context, qualifier, host(context, qualifier));
    case "net":
      return address(context, qualifier, network(context));
    case "port":
    case "portrange":
      return parsePort(context, qualifier);
    case "proto":
      return proto(context, qualifier);
  }
}

function address(
  context: ParseContext,
  { end, at, protocol }: PacketQualifier,
  { value, at: span }: Taken<Network>,
): FilterNode {
  const family = PROTOCOLS.get(protocol ?? "")?.family;
  if (family !== undefined && family !== value.family)
    throw context.fault(
      span,
      `${formatNetwork(value)} is not of IPv${family}`,
      `an address of IPv${family} after ${protocol}`,
    );
  return context.node({ kind: "address", end, networks: [value], at: spanFrom(at, span) });
}

function host(context: ParseContext, { end }: PacketQualifier): Taken<Network> {
  const { lexer } = context;
  const token = lexer.peek();
  if (token.kind === "ip6") {
    lexer.next();
    if (!context.isSymbol("/")) return taken(token, network6(token.address, 128));
    return demandWhole(context, prefixed6(context, token, token.address), end);
  }
  if (token.kind === "dotted") {
    lexer.next();
    if (context.isSymbol("/")) demandWhole(context, prefixed4(context, token, leftAligned(token)), end);
    // As in pcap-filter: "host 10.1" is all of 10.1.0.0/16.
    return taken(token, network4(leftAligned(token), maskOfPrefix(token.bits)));
  }
  if (token.kind === "word")
    throw context.fault(
      token,
      `${JSON.stringify(token.word)} is no address, and names of hosts are not looked up`,
      AN_ADDRESS,
      token.word === "localhost" ? [`${END[end]}host 127.0.0.1`, `${END[end]}host ::1`, "loopback"] : [],
    );
  if (token.kind === "number")
    throw context.fault(token, `${token.value} is no address`, AN_ADDRESS, [
      `net ${token.value}`,
      `port ${token.value}`,
    ]);
  throw context.unexpected(AN_ADDRESS);
}

/** As in pcap-filter, only an IPv6 host may have a prefix, of all bits. */
function demandWhole(context: ParseContext, host: Taken<Network>, end: End): Taken<Network> {
  const { value, at } = host;
  if (value.family === 6 && value.prefix === 128) return host;
  throw context.fault(at, "A host has no prefix", "the address alone, or net", [
    `${END[end]}net ${formatNetwork(value)}`,
  ]);
}

function network(context: ParseContext): Taken<Network> {
  const { lexer } = context;
  const token = lexer.peek();
  if (token.kind === "ip6") {
    lexer.next();
    return prefixed6(context, token, token.address);
  }
  if (token.kind === "dotted" || token.kind === "number") {
    lexer.next();
    const start = leftAligned(token.kind === "dotted" ? token : shortNumber(context, token));
    if (context.isSymbol("/")) return prefixed4(context, token, start);
    if (context.keyword() === "mask") return masked(context, token, start);
    return taken(token, bareNetwork(token, start));
  }
  if (token.kind === "word")
    throw context.fault(
      token,
      `${JSON.stringify(token.word)} is no network, and names of networks are not looked up`,
      A_NETWORK,
    );
  throw context.unexpected(A_NETWORK);
}

/** "net 10" is 10.0.0.0/8; "net 10.0.0.0" is that address alone, and so is "net 0": as in pcap-filter. */
function bareNetwork(token: Token, start: number): Network {
  if (token.kind === "dotted") return network4(start, maskOfPrefix(token.bits));
  let mask = 0xffff_ffff;
  let value = token.kind === "number" ? token.value : 0;
  while (value !== 0 && value < 0x100_0000) {
    value *= 256;
    mask = (mask << 8) >>> 0;
  }
  return network4(value, mask);
}

/** Before a prefix a number is the first byte. */
function shortNumber(
  context: ParseContext,
  token: Token & { readonly kind: "number" },
): { readonly value: number; readonly bits: number } {
  const more = context.isSymbol("/") || context.keyword() === "mask";
  if (more && token.value > 255)
    throw context.fault(token, `${token.value} is no first part of an IPv4 address`, A_NETWORK);
  return more ? { value: token.value, bits: 8 } : { value: token.value, bits: 32 };
}

function prefixed4(context: ParseContext, first: Token, start: number): Taken<Network> {
  const { prefix, at } = takePrefix(context, 32);
  const mask = maskOfPrefix(prefix);
  return taken(
    across(first, at),
    demandNoBits(context, across(first, at), network4(start, mask), network4((start & mask) >>> 0, mask)),
  );
}

function prefixed6(context: ParseContext, first: Token, start: Network6["address"]): Taken<Network> {
  if (!context.isSymbol("/")) return taken(first, network6(start, 128));
  const { prefix, at } = takePrefix(context, 128);
  const [a, b, c, d] = start.map((word, index) => (word & maskWord(prefix, index)) >>> 0) as [
    number,
    number,
    number,
    number,
  ];
  return taken(
    across(first, at),
    demandNoBits(
      context,
      across(first, at),
      network6(start, prefix),
      network6(Object.freeze([a, b, c, d] as const), prefix),
    ),
  );
}

function takePrefix(context: ParseContext, most: number): { readonly prefix: number; readonly at: Span } {
  const { lexer } = context;
  lexer.next();
  const token = lexer.peek();
  if (token.kind !== "number" || token.value > most)
    throw context.unexpected(`the length of a prefix, at most ${most}`);
  return { prefix: token.value, at: lexer.next() };
}

function masked(context: ParseContext, first: Token, start: number): Taken<Network> {
  const { lexer } = context;
  lexer.next();
  const token = lexer.peek();
  if (token.kind !== "dotted") throw context.unexpected("a mask like 255.0.0.0");
  lexer.next();
  const mask = leftAligned(token);
  const at = across(first, token);
  return taken(at, demandNoBits(context, at, network4(start, mask), network4((start & mask) >>> 0, mask)));
}

/** pcap-filter refuses bits behind the prefix. */
function demandNoBits(context: ParseContext, at: Span, written: Network, meant: Network): Network {
  if (formatNetwork(written) === formatNetwork(meant)) return written;
  throw context.fault(at, "This network has bits outside its mask", A_NETWORK, [
    `net ${formatNetwork(meant)}`,
  ]);
}

function proto(context: ParseContext, { protocol, at }: PacketQualifier): FilterNode {
  const { lexer } = context;
  const token = lexer.peek();
  const word = token.kind === "word" ? token.word : "";
  const number = token.kind === "number" ? token.value : IP_PROTOCOLS.get(word);
  if (number === undefined || number > 255)
    throw context.fault(
      token,
      `${JSON.stringify(textOf(context, token))} is no protocol`,
      "the number of a protocol, up to 255, or its name",
      nearest(word, IP_PROTOCOLS.keys()),
    );
  const family = PROTOCOLS.get(protocol ?? "")?.family;
  return context.node({ kind: "proto", family, number, at: spanFrom(at, lexer.next()) });
}

function textOf({ lexer }: ParseContext, { start, end }: Span): string {
  return lexer.text.slice(start, end);
}
