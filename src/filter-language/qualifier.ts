/**
 * What stands before an argument, and what the next argument inherits where nothing stands before it: `tcp
 * port 80 or 443`.
 */
import type { End, Span } from "./tree.ts";

export type ArgumentType = "host" | "net" | "port" | "portrange" | "proto";

export type Qualifier =
  | {
      readonly kind: "packet";
      readonly protocol: string | undefined;
      readonly end: End;
      readonly type: ArgumentType;
      /** Where the qualifiers stand. */
      readonly at: Span;
    }
  | { readonly kind: "event"; readonly primitive: string; readonly at: Span };

export type PacketQualifier = Extract<Qualifier, { kind: "packet" }>;
export type EventQualifier = Extract<Qualifier, { kind: "event" }>;
