/** The tables of docs/filters.md, from those of the language; tools/render-fields.ts writes them. */

import { type Stage, stageOf } from "../../src/filter/plan.ts";
import { parseFilter, resolveFilter, simplify } from "../../src/filter-language/index.ts";
import { EVENT_PRIMITIVES, PACKET_PRIMITIVES, type PrimitiveRow } from "./filter-primitives.ts";

const WHERE: Readonly<Record<Stage, string>> = {
  early: "kernel, early",
  late: "kernel, late",
  user: "user space",
};

/** Rows of cells, the titles first, by the name of the marker in the page. */
export function filterTables(): ReadonlyMap<string, readonly (readonly string[])[]> {
  return new Map([
    ["primitives of packets", table(PACKET_PRIMITIVES)],
    ["primitives of events", table(EVENT_PRIMITIVES)],
  ]);
}

function table(rows: readonly PrimitiveRow[]): readonly (readonly string[])[] {
  return [
    ["primitive", "example", "what it tests", "evaluated"],
    ...rows.map(({ form, examples, meaning }) => [
      code(form),
      code(examples[0] ?? ""),
      meaning,
      [...new Set(examples.map(whereEvaluated))].join("; "),
    ]),
  ];
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Names are not resolved: their meaning does not matter here. */
function whereEvaluated(example: string): string {
  const { root } = resolveFilter(parseFilter(example), {
    reasons: () =>
      new Map([
        [3, "NO_SOCKET"],
        [5, "TCP_CSUM"],
      ]),
    inferredReasons: [],
    netns: () => 1,
    cgroup: () => ({ id: 7n, level: 1, inside: [8n], outside: [1n] }),
  });
  const simple = simplify(root);
  return simple.kind === "constant"
    ? "constant"
    : `${WHERE[stageOf(simple, { reasons: true })]}${root.kind === "direction" ? ` (\`${root.name}\`)` : ""}`;
}
