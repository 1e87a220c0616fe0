/**
 * The whole drop program with arbitrary filters in it passes the running kernel's verifier, headers read
 * either way.
 */
import assert from "node:assert/strict";
import { release } from "node:os";
import { describe, test } from "node:test";
import fc from "fast-check";
import { BpfMap, KernelTypes, Program } from "../bpf/index.ts";
import { needsRoot } from "../bpf/run-program.test.kit.ts";
import { openKernelBtf } from "../btf/index.ts";
import { allNetworkMaps } from "../capture/core/filter-steps/index.ts";
import type { HeaderAccess } from "../capture/core/header-reader.ts";
import { ringMap } from "../capture/core/ring-map.ts";
import { dropDesign } from "../capture/kinds/drop/drop-program.ts";
import { PLAIN_REQUEST, type ProbeRequest } from "../capture/kinds/drop/request.ts";
import { FilterError } from "../errors.ts";
import { type FilterNode, printFilter, resolveFilter } from "../filter-language/index.ts";
import { anyTree } from "../filter-language/trees.test.kit.ts";
import { possibleCpus } from "../host/cpus.ts";
import { libcSyscalls as sys } from "../sys/libc.ts";
import { Scope } from "../sys/scope.ts";
import { type FilterPlan, planFilter } from "./plan.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 250;
/** Direct loads of headers verify since Linux 6.17. */
const [major = 0, minor = 0] = release().split(".").map(Number);
const ACCESSES: readonly HeaderAccess[] =
  major > 6 || (major === 6 && minor >= 17) ? ["direct", "probe"] : ["probe"];

const OPTIONS: readonly Partial<ProbeRequest>[] = [
  {},
  { stacks: "none", family: 4, netns: [1, 2] },
  { rows: false },
  { sampleOneOf: 10, maxPerSecond: 100, hiddenNormal: [3], hiddenCopy: [4] },
];

describe("dropProgram with filters", { skip: needsRoot }, () => {
  test("loads, whatever the filter", (t) => {
    const kernel = new KernelTypes(openKernelBtf());
    const ring = ringMap(1 << 16);
    using scope = new Scope();
    const ringOf = scope.own(BpfMap.create(sys, ring, possibleCpus()));
    const counted = { loaded: 0, nothing: 0, most: 0 };
    const property = fc.property(anyTree, fc.constantFrom(...OPTIONS), (tree, options) => {
      const plan = planOrNot(tree);
      if (plan === undefined) {
        counted.nothing += 1;
        return;
      }
      using own = new Scope();
      const design = dropDesign(
        kernel,
        { ...PLAIN_REQUEST, ...options, answersBy: "inode", filter: plan.kernel },
        ring,
      );
      const { ring: _ring, ...others } = design.maps;
      const created = BpfMap.createAll(sys, own, Object.values(others), possibleCpus()).set(ring, ringOf);
      const lists = allNetworkMaps(plan.kernel.maps).map(
        ({ spec }) => [spec, own.own(BpfMap.create(sys, spec, possibleCpus()))] as const,
      );
      for (const access of ACCESSES) {
        using program = Program.load(
          sys,
          design.program(access),
          kernel.btf,
          new Map([...created, ...lists]),
        );
        counted.most = Math.max(counted.most, program.info().verifiedInstructions);
      }
      counted.loaded += 1;
    });
    fc.assert(property, { numRuns: RUNS });
    t.diagnostic(JSON.stringify(counted));
    assert(counted.loaded > RUNS / 2, `${counted.loaded} filters`);
  });
});

/** Filters that accept nothing are none, and so are those that ask for too much. */
function planOrNot(tree: FilterNode): FilterPlan | undefined {
  const lookups = {
    reasons: () =>
      new Map([
        [3, "NO_SOCKET"],
        [5, "TCP_CSUM"],
        [8, "OTHERHOST"],
      ]),
    inferredReasons: [],
    netns: () => 7,
    cgroup: () => ({ id: 7n, level: 1, inside: [8n], outside: [1n] }),
  };
  try {
    const plan = planFilter(resolveFilter({ text: printFilter(tree), root: tree }, lookups), {
      reasons: true,
    });
    // What keeps too many values says so when the program is made.
    const request = { ...PLAIN_REQUEST, answersBy: "inode", filter: plan.kernel } as const;
    dropDesign(new KernelTypes(openKernelBtf()), request, ringMap(1 << 16)).program("probe");
    return plan;
  } catch (failure) {
    if (
      failure instanceof FilterError &&
      /accepts no drop|more than 16 places|keeps more than/.test(failure.message)
    )
      return undefined;
    throw failure;
  }
}
