/** What no other rule knows more about: the reason and where it was dropped still say something. */
import { plural } from "../headline.ts";
import type { DropRule } from "../rule.ts";

export const OTHER_DROPS: DropRule = {
  about: "drops",
  id: "other-drops",
  title: "Dropped segments",
  severity: "warning",
  needs: [],
  matches: ({ class: dropClass }) => dropClass === "loss",
  together: "service",
  judge: ({ incidents, count }) => {
    const [first] = incidents;
    const reasons = new Set(
      incidents.map(({ reason, function: where }) => `${reason ?? "no reason"} in ${where ?? "?"}`),
    );
    return {
      certainty: "certain",
      text: `${plural(count, "segment")} dropped for ${[...reasons].slice(0, 3).join(", ")}.`,
      evidence: [],
      advice: [{ action: first?.advice ?? "Look at the location and the stack" }],
      next: [],
    };
  },
  refute: "Nothing is concluded here beside what the kernel reports.",
  advice: [],
  sources: [],
};
