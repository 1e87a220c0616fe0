/** Renders docs/recall.md from the counts. */
import { release } from "node:os";
import { wrapMarkdown } from "../../tools/wrap-markdown.ts";
import type { Watcher } from "./watcher.ts";

export interface Row {
  readonly name: string;
  readonly title: string;
  /** Drops that the kernel makes in all variants. */
  readonly made: number;
  readonly ours: number;
  /** In the order of the running peers. */
  readonly peers: readonly number[];
}

export function page(rows: readonly Row[], watchers: readonly Watcher[]): string {
  const running = watchers.filter(({ failure }) => failure === undefined);
  const names = ["tcpdrop", ...running.map(({ peer }) => peer.name)];
  const made = sum(rows.map((row) => row.made));
  const totals = names.map((_name, at) => sum(rows.map((row) => seen(row, at))));
  const version = /^\d+\.\d+/.exec(release())?.[0];
  const connections = totals.map((total, at) =>
    share(at === 0 || running[at - 1]?.peer.showsConnection === true ? total : 0, made),
  );
  const lines = [
    "# Recall: how many drops are shown",
    "",
    `Every scenario of \`test/kernel/scenarios\` that this kernel (Linux ${version}) can run, over IPv4`,
    "and IPv6, across veth, on loopback and forwarded where that makes sense, with all tools tracing the",
    "same drops. `node dist/bench/recall/recall.js --write` writes this page.",
    "",
    `| | drops made | ${names.join(" | ")} |`,
    `|---|---:|${names.map(() => "---:|").join("")}`,
    `| shown | ${made} | ${totals.map((total) => share(total, made)).join(" | ")} |`,
    `| with the connection's addresses and ports | ${made} | ${connections.join(" | ")} |`,
    "",
    "What was run, and what a number means:",
    "",
    "- **tcpdrop**: each drop with the scenario's reason, ports and flags, once; the suite itself also",
    "checks state, direction, class, stack and that nothing else is shown.",
    ...watchers.map(
      ({ peer, failure }) =>
        `- **${peer.name}**: ${peer.what}${failure === undefined ? "." : `. It does not run here: ${failure}`}`,
    ),
    "",
    `| scenario | what happens | made | ${names.join(" | ")} |`,
    `|---|---|---:|${names.map(() => "---:|").join("")}`,
    ...rows.map(
      (row) =>
        `| ${row.name} | ${row.title} | ${row.made} | ${names.map((_name, at) => seen(row, at)).join(" | ")} |`,
    ),
    "",
  ];
  return wrapMarkdown(lines).join("\n");
}

function seen(row: Row, at: number): number {
  return at === 0 ? row.ours : (row.peers[at - 1] ?? 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function share(part: number, whole: number): string {
  return `${part} (${whole === 0 ? "-" : Math.floor((100 * part) / whole)} %)`;
}
