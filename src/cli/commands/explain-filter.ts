/**
 * `tcpdrop --explain-filter`: the tree of a filter, how it is split between kernel and user space, and with
 * --program the BPF code of the kernel's part.
 */
import { KernelTypes, listing } from "../../bpf/index.ts";
import { openKernelBtf } from "../../btf/index.ts";
import { allNetworkMaps, type KernelFilter, partLabels } from "../../capture/core/filter-steps/index.ts";
import { ringMap } from "../../capture/core/ring-map.ts";
import { dropDesign } from "../../capture/kinds/drop/drop-program.ts";
import { PLAIN_REQUEST } from "../../capture/kinds/drop/request.ts";
import { kfreeSkbArguments } from "../../capture/kinds/drop/tracepoint-arguments.ts";
import { ReasonNames } from "../../enrich/reason-names.ts";
import { BuildError, EXIT, UsageError } from "../../errors.ts";
import type { FilterPlan } from "../../filter/index.ts";
import { type Filter, type FilterNode, printShort } from "../../filter-language/index.ts";
import { DEFAULT_BUFFER_BYTES } from "../../settings/request.ts";
import { filterHere } from "../../source/filter-here.ts";
import { print } from "../print.ts";

/** Members of a list that are shown. */
const MAX_MEMBERS = 12;
const MAX_LINES = 400;

/** `btf`: a file with the BTF of a kernel; default: the running kernel's. `program`: with the code. */
export function runExplainFilter(
  filter: Filter | undefined,
  { btf, program = false }: { readonly btf: string | undefined; readonly program: boolean | undefined },
): number {
  if (filter === undefined)
    throw new UsageError("--explain-filter needs a filter", {
      hint: "Add one: tcpdrop --explain-filter port 443",
    });
  const types = new KernelTypes(openKernelBtf(btf));
  const names = ReasonNames.of(types.btf);
  const plan = filterHere(filter, names, kfreeSkbArguments(types).reason !== undefined);
  print(`parsed\n${formatTree(filter.root)}\nsimplified\n${formatTree(plan.root)}\n`);
  print(`${formatSplit(plan)}\n${formatProgram(types, plan, program)}`);
  return EXIT.done;
}

/** A line for each node, indented. */
function formatTree(node: FilterNode, indent = "  "): string {
  const children = node.kind === "and" || node.kind === "or" ? node.of : node.kind === "not" ? [node.of] : [];
  if (children.length === 0) return `${indent}${printShort(node)}\n`;
  const shown = children.slice(0, MAX_MEMBERS).map((child) => formatTree(child, `${indent}  `));
  const more =
    children.length > MAX_MEMBERS ? `${indent}  ... and ${children.length - MAX_MEMBERS} more\n` : "";
  return `${indent}${node.kind}\n${shown.join("")}${more}`;
}

function formatSplit({ kernel, rest }: FilterPlan): string {
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["kernel, early", text(kernel.early)],
    ["kernel, late", text(kernel.late)],
    ["kernel, prefilter for the rest", text(kernel.weak)],
    ["kernel, verdict bits", listed(kernel.told)],
    ["kernel, answers it learns", listed(kernel.answers)],
    ["kernel, maps", maps({ kernel })],
    ["user space", text(rest)],
  ];
  const width = Math.max(...lines.map(([where]) => where.length));
  return `plan\n${lines.map(([where, what]) => `  ${where.padEnd(width)}  ${what ?? "-"}\n`).join("")}`;
}

function text(node: FilterNode | undefined): string | undefined {
  return node === undefined ? undefined : printShort(node);
}

function listed(nodes: readonly FilterNode[]): string | undefined {
  return nodes.length === 0 ? undefined : nodes.map((node) => printShort(node)).join("; ");
}

function maps({ kernel }: Pick<FilterPlan, "kernel">): string | undefined {
  const all = allNetworkMaps(kernel.maps);
  return all.length === 0
    ? undefined
    : all.map(({ spec, networks }) => `${spec.name}: ${networks.length} prefixes`).join(", ");
}

/** The instructions of each part, annotated with what they read; only how many without `whole`. */
function formatProgram(types: KernelTypes, { kernel }: FilterPlan, whole: boolean): string {
  const lines = programLines(types, kernel);
  if (typeof lines === "string") return lines;
  const parts = ["early", "late", "weak", "told"].flatMap((part) => between(lines, partLabels(part)));
  if (parts.length === 0) return "no BPF code: the kernel evaluates nothing\n";
  const count = parts.filter((line) => /^\s*\d+:/.test(line)).length;
  if (!whole)
    return `${count} BPF ${count === 1 ? "instruction" : "instructions"} in the kernel: --program shows them\n`;
  const more = parts.length > MAX_LINES ? [`... and ${parts.length - MAX_LINES} more lines`] : [];
  const code = [...parts.slice(0, MAX_LINES), ...more].join("\n");
  return `BPF code of the filter (tcpdrop doctor --program prints the whole program)\n${code}\n`;
}

/** The lines, or why there are none. */
function programLines(types: KernelTypes, kernel: KernelFilter): readonly string[] | string {
  // By which number owners are told apart makes no other difference to the program.
  const request = { ...PLAIN_REQUEST, filter: kernel, answersBy: "inode" } as const;
  try {
    return listing(dropDesign(types, request, ringMap(DEFAULT_BUFFER_BYTES)).program("direct")).split("\n");
  } catch (failure) {
    if (!(failure instanceof BuildError)) throw failure;
    const then = kernel.optional
      ? "user space evaluates all of it"
      : "it cannot be evaluated, because only the kernel sees the bytes of headers";
    return `the filter does not fit into the kernel's program (${failure.message}): ${then}\n`;
  }
}

function between(lines: readonly string[], [begin, end]: readonly [string, string]): readonly string[] {
  const from = lines.indexOf(`${begin}:`);
  return from < 0 ? [] : lines.slice(from, lines.indexOf(`${end}:`, from) + 1);
}
