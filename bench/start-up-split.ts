/**
 * Where the time of a start goes, step by step, in one process. Run it several times: the first steps depend
 * on caches.
 *
 *     node dist/bench/start-up-split.js
 *
 * Needs root. Modules are loaded one by one here; the command line is bundled and loads faster.
 */
const steps: [step: string, ms: number][] = [["node itself, until the first line", performance.now()]];

async function step<T>(name: string, run: () => T | Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const result = await run();
  steps.push([name, performance.now() - startedMs]);
  return result;
}

await step("koffi", () => import("koffi"));
const { openKernelBtf } = await step("BTF reader, modules", () => import("../src/btf/index.ts"));
const { KernelTypes, BpfMap, Program, RingBuffer, attach } = await step(
  "eBPF layer, modules",
  () => import("../src/bpf/index.ts"),
);
const { dropDesign } = await step(
  "capture, modules",
  () => import("../src/capture/kinds/drop/drop-program.ts"),
);
const { PLAIN_REQUEST } = await import("../src/capture/kinds/drop/request.ts");
const { libcSyscalls: sys } = await step("libc bindings", () => import("../src/sys/libc.ts"));
await step("everything else, modules", () => import("../src/cli/commands/trace.ts"));
const { possibleCpus } = await import("../src/host/cpus.ts");

const btf = await step("BTF: read and index", () => openKernelBtf());
const { ringMap: ringSpec } = await import("../src/capture/core/ring-map.ts");
const { maps, spec } = await step("generate the program", () => {
  const design = dropDesign(new KernelTypes(btf), PLAIN_REQUEST, ringSpec(16 << 20));
  return { maps: design.maps, spec: design.program("direct") };
});
const created = await step(
  "make the maps",
  () => new Map(Object.values(maps).map((map) => [map, BpfMap.create(sys, map, possibleCpus())])),
);
using program = await step("load: the kernel verifies and compiles", () =>
  Program.load(sys, spec, btf, created),
);
const ringMap = created.get(maps.ring);
if (ringMap === undefined) throw new Error("the ring buffer was not created");
using ring = await step("map the ring buffer", () => new RingBuffer(sys, ringMap, sys.pageSize()));
using link = await step("attach", () => attach(sys, program));
void [ring, link];
for (const [name, ms] of steps) process.stdout.write(`${ms.toFixed(1).padStart(7)} ms  ${name}\n`);
process.stdout.write(
  `${performance.now().toFixed(1).padStart(7)} ms  in all; ${program.info().verifiedInstructions} instructions verified\n`,
);
for (const map of created.values()) map[Symbol.dispose]();
