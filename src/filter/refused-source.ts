/**
 * What is known of SYNs that a listening socket refused: never their headers, and where they were only
 * counted not even who sent them.
 */
import { address4Of, address6Of } from "../filter-language/index.ts";
import type { RefusedEvent } from "../model/index.ts";
import { fieldsAsked } from "./asked-field.ts";
import { type OneEnd, type Source, UNKNOWN, type Unknown } from "./source.ts";

const [FIN, SYN, RST, ACK] = [1 << 0, 1 << 1, 1 << 2, 1 << 4];

export const refusedSource: Source<RefusedEvent> = {
  // Where SYNs were only counted, a listener of IPv6 may have taken those of IPv4 too.
  family: ({ flow }) => (flow?.saddr !== undefined || flow?.ip === 4 ? flow.ip : UNKNOWN),
  address: ({ flow }, end) => address(end === "src" ? flow?.saddr : flow?.daddr),
  tcpHeader: () => "readable",
  port: ({ flow }, end: OneEnd) => (end === "src" ? flow?.sport : flow?.dport) ?? UNKNOWN,
  // A SYN has that flag, and neither ACK, RST nor FIN.
  flags: () => SYN,
  knownFlags: FIN | SYN | RST | ACK,
  numbers: undefined,
  field: fieldsAsked("refused", UNKNOWN),
  owner: ({ owner }) => owner ?? UNKNOWN,
  outer: () => undefined,
  reasonCode: () => undefined,
  locationAddress: () => undefined,
};

/** A listener at the unspecified address takes what comes to any. */
function address(text: string | undefined): number | readonly number[] | Unknown {
  if (text === undefined || text === "0.0.0.0" || text === "::") return UNKNOWN;
  const dotted = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  return dotted === undefined ? address6Of(text) : address4Of(dotted);
}
