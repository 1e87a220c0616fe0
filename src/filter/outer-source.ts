/** What the outer header of a tunnel packet says to a filter: addresses, and ports where it is UDP. */
import { address4Of, address6Of } from "../filter-language/index.ts";
import type { Outer } from "../model/index.ts";
import type { Source } from "./source.ts";

const familyOf = ({ saddr }: Outer): 4 | 6 => (saddr.includes(":") ? 6 : 4);

export const outerSource: Source<Outer> = {
  family: familyOf,
  address: (outer, end) =>
    (familyOf(outer) === 4 ? address4Of : address6Of)(end === "src" ? outer.saddr : outer.daddr),
  tcpHeader: () => "readable",
  port: ({ sport, dport }, end) => (end === "src" ? sport : dport) ?? 0,
  flags: () => 0,
  numbers: undefined,
  field: () => () => undefined,
  owner: () => undefined,
  outer: () => undefined,
  reasonCode: () => undefined,
  locationAddress: () => undefined,
};
