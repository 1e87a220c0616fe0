/** Memory of bare Node, and of the tool before and after a storm, from /proc/PID/smaps. */
import { readFileSync, realpathSync } from "node:fs";
import { Lab } from "../lab.ts";
import { OurTool } from "../our-tool.ts";
import { type Findings, holds, markdownTable, type Part } from "../part.ts";
import { formatNumber, median } from "../statistics.ts";
import { pause, ToolProcess } from "../tool-process.ts";

const STORM = 1_000_000;
const STORM_OF_A_TRY = 100_000;
const STARTED_MS = 500;
const MAPPING = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)$/;

/** Resident megabytes by use. */
interface Memory {
  readonly node: number;
  readonly files: number;
  readonly heap: number;
  readonly ring: number;
}

const KINDS = ["node", "files", "heap", "ring"] as const satisfies readonly (keyof Memory)[];

export const memory: Part = {
  name: "memory",
  title: "Memory",
  async run({ quick, rounds, progress }) {
    using lab = new Lab();
    const found = { bare: [] as Memory[], idle: [] as Memory[], after: [] as Memory[] };
    for (let round = 0; round < rounds; round += 1) {
      progress(`memory: round ${round + 1}`);
      found.bare.push(await bareNode());
      await using tool = await OurTool.start(lab.netns, ["--format", "json"]);
      await pause(STARTED_MS);
      found.idle.push(memoryOf(tool.pid));
      await lab.flood(quick ? STORM_OF_A_TRY : STORM);
      await tool.idle();
      found.after.push(memoryOf(tool.pid));
    }
    return findings(found);
  },
};

async function bareNode(): Promise<Memory> {
  await using node = new ToolProcess({ command: [process.execPath, "-e", "setTimeout(() => {}, 60000)"] });
  await pause(STARTED_MS);
  return memoryOf(node.pid);
}

function memoryOf(pid: number): Memory {
  const found: Record<keyof Memory, number> = { node: 0, files: 0, heap: 0, ring: 0 };
  const node = realpathSync(process.execPath);
  let kind: keyof Memory = "heap";
  for (const line of readFileSync(`/proc/${pid}/smaps`, "utf8").split("\n")) {
    const path = MAPPING.exec(line)?.[1];
    if (path !== undefined) kind = kindOf(path, node);
    const rss = /^Rss: +(\d+) kB$/.exec(line)?.[1];
    if (rss !== undefined) found[kind] += Number(rss) / 1024;
  }
  return found;
}

function kindOf(path: string, node: string): keyof Memory {
  if (path.includes("bpf-map")) return "ring";
  if (path === node) return "node";
  return path.startsWith("/") ? "files" : "heap";
}

function findings({ bare, idle, after }: Record<"bare" | "idle" | "after", readonly Memory[]>): Findings {
  const of = (measured: readonly Memory[], kind: keyof Memory): number =>
    median(measured.map((one) => one[kind]));
  const row = (name: string, measured: readonly Memory[]): string[] => [
    name,
    ...KINDS.map((kind) => formatNumber(of(measured, kind))),
    formatNumber(KINDS.reduce((sum, kind) => sum + of(measured, kind), 0)),
  ];
  const beside = of(after, "node") + of(after, "files") + of(after, "heap");
  return {
    lines: [
      "Resident megabytes, from smaps. Node's binary and other files are shared with other processes that",
      "run them; the ring's data is mapped twice in a row, and counted twice.",
      "",
      ...markdownTable(
        ["", "Node's binary", "other files", "heap, stacks, buffers", "ring", "total"],
        [
          row("idle Node", bare),
          row("tcpdrop, attached", idle),
          row("tcpdrop, after a million drops as NDJSON", after),
        ],
      ),
    ],
    checks: [holds("under 100 MB beside the ring's pages", beside < 100, `${formatNumber(beside)} MB`)],
  };
}
