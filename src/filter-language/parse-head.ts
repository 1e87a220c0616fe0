/** Qualifiers: `tcp src or dst port`, and the protocols that stand alone. */
import type { ParseContext } from "./parse-context.ts";
import type { ArgumentType, PacketQualifier } from "./qualifier.ts";
import { across, type End, type FilterNode, type Span } from "./tree.ts";
import { PORT_ENDS, PROTOCOLS } from "./vocabulary.ts";

const TYPES: readonly ArgumentType[] = ["host", "net", "port", "portrange", "proto"];
/** Which protocols may stand before which argument. */
const FITTING: Readonly<Record<ArgumentType, readonly string[]>> = {
  host: ["ip", "ip6"],
  net: ["ip", "ip6"],
  port: ["tcp", "udp", "sctp"],
  portrange: ["tcp", "udp", "sctp"],
  proto: ["ip", "ip6"],
};

/**
 * A node where a protocol stands alone, qualifiers where an argument follows; undefined where neither stands
 * next.
 */
export function parseHead(
  context: ParseContext,
): FilterNode | { readonly qualifier: PacketQualifier } | undefined {
  const { lexer } = context;
  const first = lexer.peek();
  const name = context.keyword();
  const protocol = name !== undefined && PROTOCOLS.has(name) ? name : undefined;
  if (protocol !== undefined) lexer.next();
  const short = portHead(context, protocol, first);
  if (short !== undefined) return short;
  if (context.keyword() === "multicast") return multicast(context, protocol, first);
  const end = takeEnd(context);
  const word = context.keyword();
  const type = TYPES.find((one) => one === word);
  if (type === undefined && end === undefined)
    return protocol === undefined
      ? undefined
      : context.node({
          kind: "protocol",
          name: protocol,
          at: Object.freeze({ start: first.start, end: first.end }),
        });
  // As in pcap-filter: "src 10.0.0.1" is a host.
  const qualifier = { kind: "packet", protocol, end: end?.end ?? "either", type: type ?? "host" } as const;
  const last = type === undefined ? (end?.at ?? first) : lexer.next();
  const at = across(first, last);
  demandFit(context, qualifier, at, type === undefined);
  if (qualifier.type === "proto" && end !== undefined)
    throw context.fault(end.at, "A protocol has no source and no destination", "proto alone");
  return { qualifier: Object.freeze({ ...qualifier, at }) };
}

/** `sport`, `dport`: as nft, iptables and ss write `src port`, `dst port`. */
function portHead(
  context: ParseContext,
  protocol: string | undefined,
  first: Span,
): { readonly qualifier: PacketQualifier } | undefined {
  const end = PORT_ENDS.get(context.keyword() ?? "");
  if (end === undefined) return undefined;
  const at = across(first, context.lexer.next());
  const qualifier = { kind: "packet", protocol, end, type: "port" } as const;
  demandFit(context, qualifier, at, false);
  return { qualifier: Object.freeze({ ...qualifier, at }) };
}

function demandFit(
  context: ParseContext,
  { protocol, type }: Omit<PacketQualifier, "at">,
  at: Span,
  implied: boolean,
): void {
  if (protocol === undefined || FITTING[type].includes(protocol)) return;
  const near = type === "port" || type === "portrange" ? `tcp ${type}` : `ip ${type}`;
  const instead =
    protocol === "tcp" && (type === "host" || type === "net")
      ? `tcp and ${implied ? "" : `${type} `}...`
      : `${near} ...`;
  throw context.fault(
    at,
    `${protocol} does not go with ${type}`,
    `${FITTING[type].join(", ")} or nothing before ${type}`,
    [instead],
  );
}

interface TakenEnd {
  readonly end: End;
  readonly at: Span;
}

/** `src`, `dst`, and both with `or` or `and` between. */
function takeEnd(context: ParseContext): TakenEnd | undefined {
  const { lexer } = context;
  const word = context.keyword();
  if (word !== "src" && word !== "dst") return undefined;
  const first = lexer.next();
  const { position } = lexer;
  const between = context.keyword() ?? symbolBetween(context);
  if (between === "or" || between === "and") {
    lexer.next();
    if (context.keyword() === (word === "src" ? "dst" : "src"))
      return { end: between === "or" ? "either" : "both", at: across(first, lexer.next()) };
  }
  lexer.rewind(position);
  return { end: word, at: across(first, first) };
}

function symbolBetween(context: ParseContext): "and" | "or" | undefined {
  if (context.isSymbol("&&")) return "and";
  return context.isSymbol("||") ? "or" : undefined;
}

function multicast(context: ParseContext, protocol: string | undefined, first: Span): FilterNode {
  const last = context.lexer.next();
  if (protocol === "ip" || protocol === "ip6")
    return context.node({ kind: "multicast", family: protocol === "ip" ? 4 : 6, at: across(first, last) });
  throw context.fault(
    across(first, last),
    "Only the IP address says whether a packet is multicast",
    undefined,
    ["ip multicast", "ip6 multicast"],
  );
}
