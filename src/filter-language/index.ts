/** Front door of the filter language: text to a tree, and back. Pure: it knows of no kernel. */
export { editDistance, nearest } from "./nearest.ts";
export { parseFilter } from "./parse.ts";
export type { ParseOptions } from "./parse-context.ts";
export { printArithmetic, printFilter } from "./print.ts";
export { SERVICES } from "./services.ts";
export { simplify } from "./simplify.ts";
export * from "./tree.ts";
