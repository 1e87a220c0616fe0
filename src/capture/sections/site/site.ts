/** Why, and where in the kernel: a reason at a location. */
import type { Builder, Scalar } from "../../../bpf/index.ts";
import { struct, u8, u32, u64 } from "../../../bytes/struct.ts";
import type { Facts } from "../../core/facts.ts";
import type { Section } from "../../core/section.ts";

export interface SiteEvent {
  readonly b: Builder;
  readonly facts: Facts;
  /** Undefined where the kernel gives none. */
  readonly reason: Scalar | undefined;
  readonly location: Scalar;
}

export const siteLayout = struct("site", 16, {
  location: u64(0),
  /** Means nothing without `hasReason`. */
  reason: u32(8),
  /** One of COPY. */
  copy: u8(12),
  /** Not 0: a frame for another host, as the kernel has it, that was sent to this interface. */
  ownMac: u8(13),
  /** 0 where the kernel gives no reason. */
  hasReason: u8(14),
  /** Of HINT. */
  hints: u8(15),
});

export const site: Section<SiteEvent, (typeof siteLayout)["fields"]> = {
  name: "site",
  layout: siteLayout,
  write: ({ facts, reason, location }, { memory }) => {
    memory.set("location", location);
    memory.set("hasReason", reason === undefined ? 0 : 1);
    if (reason !== undefined) memory.set("reason", reason);
    memory.set("copy", facts.get("copy"));
    memory.set("ownMac", facts.get("ownMac"));
    memory.set("hints", facts.get("hints"));
  },
};
