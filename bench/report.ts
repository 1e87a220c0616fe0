/**
 * Writes findings to docs/performance.md: a section for each part, between two markers, so that a part can be
 * measured again without the others.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, release } from "node:os";
import { join } from "node:path";
import { libcSyscalls as sys } from "../src/sys/libc.ts";
import { BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_TRACING } from "../src/sys/uapi.gen.ts";
import { listPrograms } from "../test/lab/list-programs.ts";
import { textBetween, withTextBetween } from "../tools/marked-text.ts";
import { wrapMarkdown } from "../tools/wrap-markdown.ts";
import { type BenchOptions, type Findings, markdownTable, type Part } from "./part.ts";

const PAGE = join(import.meta.dirname, "../../docs/performance.md");
const BEGIN = "<!-- bench:begin -->";
const END = "<!-- bench:end -->";
const MARK = /^<!-- bench:part (\S+) -->$/m;

/** Programs that trace already: each makes a drop more expensive, with a tool and without. */
function othersTracing(): string {
  const count = listPrograms(sys).filter(
    ({ type }) => type === BPF_PROG_TYPE_TRACING || type === BPF_PROG_TYPE_RAW_TRACEPOINT,
  ).length;
  return count === 0 ? "" : `; ${count} other tracing programs were loaded`;
}

/** The machine, and its load before the run. */
export function circumstances({ quick, rounds }: BenchOptions): string {
  const load = loadavg()[0]?.toFixed(1) ?? "-";
  const how = quick
    ? "a trial run: these numbers mean nothing"
    : rounds === 1
      ? "one round"
      : `${rounds} rounds, contenders in turn`;
  const machine = `Linux ${release()}, ${availableParallelism()} CPUs, Node ${process.versions.node}`;
  return `${machine}; load before the run ${load}${othersTracing()}; ${how}.`;
}

export function section({ name, title }: Part, where: string, { lines, checks }: Findings): string {
  const rows = checks.map(({ what, bound, measured, met }) => [
    what,
    bound,
    measured,
    met ? "yes" : "**no**",
  ]);
  const held = rows.length === 0 ? [] : ["", ...markdownTable(["check", "bound", "measured", "met"], rows)];
  const all = [`### ${title}`, "", `\`npm run bench -- ${name}\`. ${where}`, "", ...lines, ...held];
  return wrapMarkdown(all).join("\n");
}

/** Replaces sections, in the order of `names`; those of other parts stay. */
export function writeSections(names: readonly string[], sections: ReadonlyMap<string, string>): void {
  writeFileSync(PAGE, withSections(readFileSync(PAGE, "utf8"), names, sections));
}

export function withSections(
  page: string,
  names: readonly string[],
  sections: ReadonlyMap<string, string>,
): string {
  // split() returns the names that MARK captures between the texts.
  const parts = textBetween(page, BEGIN, END).split(MARK);
  const all = new Map<string, string>();
  for (let at = 1; at < parts.length; at += 2) all.set(parts[at] ?? "", (parts[at + 1] ?? "").trim());
  for (const [name, text] of sections) all.set(name, text.trim());
  const texts = names.flatMap((name) =>
    all.has(name) ? [`<!-- bench:part ${name} -->\n\n${all.get(name)}\n`] : [],
  );
  return withTextBetween(page, BEGIN, END, `\n${texts.join("\n")}`);
}
