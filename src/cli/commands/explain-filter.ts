/**
 * `tcpdrop --explain-filter`: the tree of a filter, who asks what of it, and the instructions that the kernel
 * runs.
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

/** Of a list, so many are shown. */
const MAX_MEMBERS = 12;
const MAX_LINES = 400;

/** `btf`: a file with the types of a kernel; the running one's without it. */
export function runExplainFilter(filter: Filter | undefined, btf: string | undefined): number {
  if (filter === undefined)
    throw new UsageError("--explain-filter needs a filter", {
      hint: "Write one behind it: tcpdrop --explain-filter port 443",
    });
  const types = new KernelTypes(openKernelBtf(btf));
  const names = ReasonNames.of(types.btf);
  const plan = filterHere(filter, names, kfreeSkbArguments(types).reason !== undefined);
  print(
    `as it was read\n${formatTree(filter.root)}\nwithout what says nothing\n${formatTree(plan.root)}\n${formatSplit(plan)}\n${formatProgram(types, plan)}`,
  );
  return EXIT.done;
}

/** A line for each node, indented. */
export function formatTree(node: FilterNode, indent = "  "): string {
  const children = node.kind === "and" || node.kind === "or" ? node.of : node.kind === "not" ? [node.of] : [];
  if (children.length === 0) return `${indent}${printShort(node)}\n`;
  const shown = children.slice(0, MAX_MEMBERS).map((child) => formatTree(child, `${indent}  `));
  const more =
    children.length > MAX_MEMBERS ? `${indent}  ... and ${children.length - MAX_MEMBERS} more\n` : "";
  return `${indent}${node.kind}\n${shown.join("")}${more}`;
}

function formatSplit({ kernel, rest }: FilterPlan): string {
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["kernel, first of all", text(kernel.early)],
    ["kernel, once socket and interface are known", text(kernel.late)],
    ["kernel, what the rest needs", text(kernel.weak)],
    [
      "kernel, told to user space",
      kernel.told.length === 0 ? undefined : kernel.told.map((part) => printShort(part)).join("; "),
    ],
    ["kernel, maps", maps({ kernel })],
    ["user space", text(rest)],
  ];
  const width = Math.max(...lines.map(([who]) => who.length));
  return `who asks what\n${lines.map(([who, what]) => `  ${who.padEnd(width)}  ${what ?? "-"}\n`).join("")}`;
}

function text(node: FilterNode | undefined): string | undefined {
  return node === undefined ? undefined : printShort(node);
}

function maps({ kernel }: Pick<FilterPlan, "kernel">): string | undefined {
  const all = allNetworkMaps(kernel.maps);
  return all.length === 0
    ? undefined
    : all.map(({ spec, networks }) => `${spec.name}: ${networks.length} prefixes`).join(", ");
}

/** The instructions of each part, with what they read beside them. */
function formatProgram(types: KernelTypes, { kernel }: FilterPlan): string {
  const lines = programLines(types, kernel);
  if (typeof lines === "string") return lines;
  const parts = ["early", "late", "weak", "told"].flatMap((part) => between(lines, partLabels(part)));
  if (parts.length === 0) return "the kernel's program asks nothing\n";
  const more = parts.length > MAX_LINES ? [`... and ${parts.length - MAX_LINES} lines more`] : [];
  return `in the kernel's program (tcpdrop doctor --program has all of it)\n${[...parts.slice(0, MAX_LINES), ...more].join("\n")}\n`;
}

/** Or why there are none. */
function programLines(types: KernelTypes, kernel: KernelFilter): readonly string[] | string {
  try {
    return listing(
      dropDesign(types, { ...PLAIN_REQUEST, filter: kernel }, ringMap(DEFAULT_BUFFER_BYTES)).program(
        "direct",
      ),
    ).split("\n");
  } catch (failure) {
    if (!(failure instanceof BuildError)) throw failure;
    const then = kernel.optional
      ? "user space asks all of it"
      : "nobody can ask it, for only the kernel sees bytes of headers";
    return `the filter is too long for the kernel's program (${failure.message}): ${then}\n`;
  }
}

function between(lines: readonly string[], [begin, end]: readonly [string, string]): readonly string[] {
  const from = lines.indexOf(`${begin}:`);
  return from < 0 ? [] : lines.slice(from, lines.indexOf(`${end}:`, from) + 1);
}
