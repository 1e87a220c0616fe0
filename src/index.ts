/** The library: `for await (const event of traceDrops())`. */

export * from "./errors.ts";
export {
  type Filter,
  type FilterNode,
  type ParseOptions,
  parseFilter,
  printFilter,
} from "./filter-language/index.ts";
/** What a parsed filter consists of, node by node. */
export type * as FilterTree from "./filter-language/tree.ts";
export * from "./model/index.ts";
export type { OwnerPolicy, StackPolicy, TraceOptions } from "./settings/request.ts";
export { type JsonObject, type JsonValue, toJson, toJsonLine } from "./sinks/to-json.ts";
export type { SourceFacts } from "./source/source.ts";
export { findTarget, type Target } from "./target/target.ts";
export { openTrace, type Trace, traceDrops } from "./trace.ts";
