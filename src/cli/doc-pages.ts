/** The documentation that the package carries, as plain text. */
import { readFileSync } from "node:fs";
import { TcpdropError } from "../errors.ts";

/** Topics of `tcpdrop help`, each a file of docs/. */
export const DOC_PAGES = {
  usage: "usage.md",
  filter: "filters.md",
  output: "output.md",
  owners: "owners.md",
  reasons: "reasons.md",
  findings: "findings.md",
  incidents: "incidents.md",
  counters: "reconcile.md",
  errors: "errors.md",
  library: "library.md",
  performance: "performance.md",
  recall: "recall.md",
  "old-kernels": "old-kernels.md",
  kernels: "compatibility.md",
} as const satisfies Readonly<Record<string, string>>;

/** What people type for them. */
const PAGE_SYNONYMS: Readonly<Record<string, keyof typeof DOC_PAGES>> = {
  filters: "filter",
  owner: "owners",
  json: "output",
  format: "output",
  reason: "reasons",
  options: "usage",
  tcpdrop: "usage",
  "exit-codes": "errors",
};

/** Undefined where it is no topic. */
export function docPage(topic: string): string | undefined {
  const name = Object.hasOwn(PAGE_SYNONYMS, topic) ? PAGE_SYNONYMS[topic] : topic;
  const file = Object.entries(DOC_PAGES).find(([page]) => page === name)?.[1];
  return file === undefined ? undefined : plainMarkdown(read(file));
}

/** Beside the compiled files, in a clone and in the package. */
function read(file: string): string {
  const url = new URL(`../../../docs/${file}`, import.meta.url);
  try {
    return readFileSync(url, "utf8");
  } catch (cause) {
    throw new TcpdropError("SYSCALL_FAILED", `Cannot read ${url.pathname}: ${(cause as Error).message}`, {
      cause,
      hint: "The package carries it: install tcpdrop again.",
    });
  }
}

/** Without what only a renderer needs: comments, targets of links, escapes in tables. */
function plainMarkdown(text: string): string {
  return text
    .replaceAll(/<!--.*?-->\n*/gs, "")
    .replaceAll(/\[([^\]]+)\]\([^)\s]+\)/g, "$1")
    .replaceAll("\\|", "|");
}
