/** Front door of the filter language: text to a tree, and back. Pure: it knows of no kernel. */
export {
  address4Of,
  address6Of,
  formatIp4,
  formatIp6,
  formatNetwork,
  leftAligned,
  maskWord,
  networkBytes,
  parseDotted,
  parseIp6,
  prefixOfMask,
  rangeOfNetwork,
} from "./addresses.ts";
export { wordsAfter } from "./completion.ts";
export { calculate, compare, headersOf, mayFail } from "./fold.ts";
export { unionOfNetworks, unionOfRanges } from "./lists.ts";
export { editDistance, nearest } from "./nearest.ts";
export { parseFilter } from "./parse.ts";
export type { ParseOptions } from "./parse-context.ts";
export { EVENT_PRIMITIVES, PACKET_PRIMITIVES, type PrimitiveRow } from "./primitives.ts";
export { printArithmetic, printFilter, printShort } from "./print.ts";
export { globTest, type Lookups, resolveFilter } from "./resolve.ts";
export { SERVICES } from "./services.ts";
export { mayReject, simplify } from "./simplify.ts";
export * from "./tree.ts";
export { PROTOCOLS } from "./vocabulary.ts";
