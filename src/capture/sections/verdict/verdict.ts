/** What the kernel found of a filter whose rest is evaluated in user space. */
import type { StructMemory } from "../../../bpf/index.ts";
import { struct, u32 } from "../../../bytes/struct.ts";
import type { Section } from "../../core/section.ts";

const verdictLayout = struct("verdict", 4, {
  /** Two for each question, in the order of the questions: yes, and rejected. */
  bits: u32(0),
});
export type VerdictMemory = StructMemory<(typeof verdictLayout)["fields"]>;

export interface VerdictEvent {
  readonly writeVerdict: (memory: VerdictMemory) => void;
}

export const verdict: Section<VerdictEvent, (typeof verdictLayout)["fields"]> = {
  name: "verdict",
  layout: verdictLayout,
  write: ({ writeVerdict }, { memory }) => writeVerdict(memory),
};
