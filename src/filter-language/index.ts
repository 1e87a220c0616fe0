/** Front door of the filter language: text to a tree, and back. Pure: it knows of no kernel. */
export {
  address4Of,
  address6Of,
  formatIp4,
  formatIp6,
  maskWord,
  networkBytes,
  prefixOfMask,
  rangeOfNetwork,
} from "./addresses.ts";
export { wordsAfter } from "./completion.ts";
export { calculate, compare, headersOf } from "./fold.ts";
export { bothOf } from "./join.ts";
export { unionOfNetworks, unionOfRanges } from "./lists.ts";
export { nearest } from "./nearest.ts";
export { parseFilter } from "./parse.ts";
export type { ParseOptions } from "./parse-context.ts";
export { printFilter, printShort } from "./print.ts";
export { globTest, resolveFilter } from "./resolve.ts";
export { SERVICES } from "./services.ts";
export { mayReject, simplify } from "./simplify.ts";
export * from "./tree.ts";
export { PROTOCOLS } from "./vocabulary.ts";
