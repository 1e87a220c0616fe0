/** Renders docs/findings.md from the rules; tools/render-fields.ts writes and checks it. */
import { type Need, RULES, type Rule } from "../../src/findings/index.ts";
import type { Advice } from "../../src/model/index.ts";
import { wrapMarkdown } from "../wrap-markdown.ts";

const INTRODUCTION = [
  "# Findings",
  "",
  "What tcpdrop concludes at the end of a run, and how. Each finding comes from one of the rules below;",
  "this page is rendered from `src/findings/rules/` (`tools/render-fields.ts`). The report shows",
  "findings worst first; with `--format json` each is a line ([output.md](output.md)), whose `rule` is",
  "one of these names.",
  "",
  "Drops of one site and service are an *incident*. The first rule that concludes something of an",
  "incident has it, in the order of this page, so that no drop counts twice. A rule whose needs are not",
  "met is listed as not evaluated, with the reason. `IFACE`, `SADDR` and `DADDR` in what to do stand",
  "for the values of the drop that the report has as its example.",
  "",
  "*Certainty* is part of every finding:",
  "",
  "- `certain`: the kernel's own names and counters leave no other cause",
  "- `likely`: the evidence fits, and what would speak against it was looked for and not found",
  '- `possible`: the evidence fits, and could fit something else; the text then says "consistent with"',
  "",
  "Where the kernel gives no reasons and one was inferred from the location, it is one step lower.",
  "",
  "*Severity* says what it means for users of the machine, and may differ from the one that is given",
  "here where the evidence shows less harm:",
  "",
  "- `critical`: connections fail, or data that was acknowledged is gone",
  "- `warning`: connections get slow, or will fail if it goes on",
  "- `info`: nobody is harmed",
  "",
  "If no rule finds anything, the report says that nothing is wrong, or that nothing was dropped.",
  "",
];

const NEED_TEXT: Readonly<Record<Need, string>> = {
  events: "single drops, not totals alone",
  counters: "the kernel's counters of the namespace, at both ends of the run",
  sysctl: "settings of the namespace",
  sockets: "listening sockets of the namespace",
  links: "network devices of the namespace",
  conntrack: "how full the table of tracked connections is",
  softnet: "`/proc/net/softnet_stat` at both ends of the run",
};

export function findingsPage(): string {
  const lines = [...INTRODUCTION, ...overview(), "", ...RULES.flatMap(section)];
  return `${wrapMarkdown(lines).join("\n").trimEnd()}\n`;
}

function overview(): readonly string[] {
  return [
    "| rule | finding | severity |",
    "|---|---|---|",
    ...RULES.map(({ id, title, severity }) => `| [\`${id}\`](#${id}) | ${cell(title)} | ${severity} |`),
  ];
}

function section(rule: Rule): readonly string[] {
  const { id, title, severity, needs, signs, against, refute, advice, sources } = rule;
  return [
    `## ${id}`,
    "",
    `**${title}**: \`${severity}\`${ABOUT[rule.about]}.`,
    "",
    `- When: ${signs}`,
    `- Against it: ${against}`,
    `- Unless: ${refute}`,
    ...(needs.length === 0 ? [] : [`- Needs: ${needs.map((need) => NEED_TEXT[need]).join("; ")}.`]),
    ...advice.map((one) => `- Do: ${adviceText(one)}.`),
    `- Sources: ${sources.join("; ")}.`,
    "",
  ];
}

const ABOUT: Readonly<Record<Rule["about"], string>> = {
  drops: "",
  machine: ", from counters alone, of each network namespace that is known",
  run: ", from the totals of the run",
};

function adviceText({ action, why, risk }: Advice): string {
  return `${action}${why === undefined ? "" : `: ${why}`}${risk === undefined ? "" : ` (risk: ${risk})`}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
