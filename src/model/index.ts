/** Public entry point of the model: events, what they are made of, and the notices beside them. */
export * from "./event.ts";
export * from "./findings.ts";
export * from "./groups.ts";
export { KINDS, type Kind } from "./kinds.ts";
export * from "./notices.ts";
export * from "./owner.ts";
export * from "./totals.ts";
export * from "./words.ts";
