/** What no other rule knows more about: the reason and where it was dropped still say something. */
import type { DropRule } from "../rule.ts";
import { wayText } from "./ends.ts";
import { countText, list, serviceText, wereText } from "./phrases.ts";
import { certaintyFor, reasonsOf } from "./signs.ts";

const MAX_SITES = 5;

export const OTHER_DROPS: DropRule = {
  about: "drops",
  id: "other-drops",
  title: "Dropped segments",
  severity: "warning",
  needs: [],
  signs: "Drops of class loss that no other rule explains.",
  against: "Any other rule.",
  matches: ({ class: dropClass }) => dropClass === "loss",
  together: "service",
  judge: (subject) => {
    const [first] = subject.incidents;
    const sites = subject.incidents.map(
      ({ reason, function: where }) =>
        `${reason ?? "no reason"} in ${where ?? "a function that is not known"}`,
    );
    const isRefused = subject.incidents.every(({ kind }) => kind === "refused");
    return {
      certainty: subject.isAtMost ? "likely" : certaintyFor(subject, "certain"),
      text: isRefused
        ? `${countText(subject, "SYN")} to ${serviceText(subject)} ${wereText(subject)} refused for ${list(reasonsOf(subject))}.`
        : `${countText(subject, "segment")} ${wayText(subject)} ${wereText(subject)} dropped for ` +
          `${list([...new Set(sites)])}.`,
      evidence: subject.incidents
        .slice(0, MAX_SITES)
        .map(
          ({ count, reason, location, example }) =>
            `${count} for ${reason ?? "no reason"}${location === undefined ? "" : ` at ${location}`}: ` +
            `${example?.site.meaning ?? "no drop was read"}`,
        ),
      advice: [{ action: first?.advice ?? "Look at the location and the stack" }],
      next: first?.reason === undefined ? [] : [["tcpdrop", "explain", first.reason]],
    };
  },
  refute: "A rule, setting or fault that explains them: beyond what the kernel reports nothing is concluded.",
  advice: [{ action: "What the table of reasons has for the reason with most drops" }],
  sources: ["docs/reasons.md"],
};
