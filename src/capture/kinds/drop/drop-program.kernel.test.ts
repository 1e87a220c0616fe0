/** Programs that options can ask for pass the running kernel's verifier. */
import assert from "node:assert/strict";
import { release } from "node:os";
import { describe, test } from "node:test";
import { BpfMap, KernelTypes, type MapSpec, Program } from "../../../bpf/index.ts";
import { openKernelBtf } from "../../../btf/index.ts";
import { ERRNO } from "../../../sys/errno.ts";
import { openDescriptors } from "../../../sys/fd.ts";
import { libcSyscalls } from "../../../sys/libc.ts";
import { openMappings } from "../../../sys/mapping.ts";
import { Scope } from "../../../sys/scope.ts";
import type { Syscalls } from "../../../sys/syscalls.ts";
import { BPF_PROG_LOAD } from "../../../sys/uapi.gen.ts";
import type { HeaderAccess } from "../../core/header-reader.ts";
import { kernelGuardsRecursion } from "../../core/recursion-guard.ts";
import { ringMap } from "../../core/ring-map.ts";
import { MAX_SNAPLEN } from "../../sections/packet/packet.ts";
import { Tracer } from "../../tracer.ts";
import { type DropDesign, dropDesign } from "./drop-program.ts";
import { PLAIN_REQUEST, type ProbeRequest } from "./request.ts";

const skip = process.getuid?.() === 0 ? false : "needs root, to load BPF programs";

/** Direct loads of headers verify since Linux 6.17; before, the program falls back. */
const [major = 0, minor = 0] = release().split(".").map(Number);
const directLoads = major > 6 || (major === 6 && minor >= 17);
/** More than there are: what the kernel copies for each fits. */
const CPUS = 256;
/** The kernel gives up at a million; a program near that would be refused by the next release. */
const MAX_VERIFIED = 50_000;

const HIDE = {
  codes: { queuePurge: 105, notSpecified: 2, oldSequence: 46, oldData: 33 },
  otherHost: 8,
  emptyPurged: 11,
  hiddenNormal: [1, 2, 3, 4, 5, 6, 7, 8],
  hiddenCopy: [9, 10],
  hideCopies: true,
  hideSites: true,
};
const SHOW = {
  codes: {},
  otherHost: undefined,
  emptyPurged: undefined,
  hiddenNormal: [],
  hiddenCopy: [],
  hideCopies: false,
  hideSites: false,
};
const ONLY_NORMAL = {
  codes: { queuePurge: 105, notSpecified: 2, oldSequence: 46, oldData: 33 },
  otherHost: 4,
  emptyPurged: undefined,
  hiddenNormal: [3],
  hiddenCopy: [],
  hideCopies: false,
  hideSites: false,
};
const ONLY_PURGED = { ...SHOW, emptyPurged: 3 };
const ONLY_SITES = {
  codes: { queuePurge: 105, notSpecified: 2, oldSequence: 46, oldData: 33 },
  otherHost: 3,
  emptyPurged: undefined,
  hiddenNormal: [],
  hiddenCopy: [],
  hideCopies: false,
  hideSites: true,
};

/** Stacks, or callers for some reasons, or neither. */
const FRAMES: readonly Pick<ProbeRequest, "stacks" | "callersFor">[] = [
  { stacks: "all", callersFor: [] },
  { stacks: 100, callersFor: [2, 105] },
  ...[[], [2], [2, 105]].map((callersFor) => ({ stacks: "none" as const, callersFor })),
];
/** Rows, as many as there are, or fewer, or none. */
const EVERY_ROW = { rows: true, sampleOneOf: undefined, maxPerSecond: undefined };
const LIMITS = [
  EVERY_ROW,
  { ...EVERY_ROW, snaplen: "headers" as const },
  { ...EVERY_ROW, snaplen: MAX_SNAPLEN },
  { ...EVERY_ROW, owners: true, ownerTotals: true },
  { rows: true, sampleOneOf: 100, maxPerSecond: 1000 },
  { rows: false, sampleOneOf: undefined, maxPerSecond: undefined },
];
const NETNS = [undefined, [4_026_531_840], [1, 2, 3]];
/** Every fifth combination. */
const PART = 5;

/**
 * Each combination of any three options, and a fifth of the combinations of all five: whatever three are chosen, the
 * places of the two others in their lists add up to every rest of a division by five.
 */
const REQUESTS: readonly ProbeRequest[] = ([undefined, 4, 6] as const).flatMap((family, a) =>
  FRAMES.flatMap((frames, b) =>
    NETNS.flatMap((netns, c) =>
      [SHOW, HIDE, ONLY_NORMAL, ONLY_PURGED, ONLY_SITES].flatMap((hide, d) =>
        LIMITS.filter((_limits, e) => (a + b + c + d + e) % PART === 0).map(
          (limits): ProbeRequest => ({ family, filter: undefined, ...frames, netns, ...hide, ...limits }),
        ),
      ),
    ),
  ),
);

describe("dropProgram on the running kernel", { skip }, () => {
  for (const access of ["direct", "probe"] as const satisfies readonly HeaderAccess[]) {
    test(`every combination of three options loads, headers by ${access}`, (t) => {
      if (access === "direct" && !directLoads)
        return t.skip("direct loads of packet headers verify since Linux 6.17");
      const btf = openKernelBtf();
      const kernel = new KernelTypes(btf);
      const ring = ringMap(1 << 16);
      using scope = new Scope();
      const ringOf = scope.own(BpfMap.create(libcSyscalls, ring, CPUS));
      let most = 0;
      let count = 0;
      for (const request of REQUESTS) {
        const design = dropDesign(kernel, request, ring);
        using own = new Scope();
        const created = createMaps(own, design).set(ring, ringOf);
        using program = Program.load(libcSyscalls, design.program(access), btf, created);
        most = Math.max(most, program.info().verifiedInstructions);
        count += 1;
      }
      assert.equal(count, (3 * 5 * 3 * 5 * 6) / PART);
      assert.ok(most < MAX_VERIFIED, `${most} instructions were verified`);
      t.diagnostic(`${count} programs, at most ${most} instructions to verify`);
    });
  }
});

test("the program that guards against itself loads here too", { skip }, () => {
  const btf = openKernelBtf();
  // This kernel as if it did not do that.
  const unguarded = new Proxy(btf, {
    get(target, property) {
      if (property === "find")
        return (...[name, kind]: Parameters<typeof btf.find>) =>
          name === "bpf_prog_inc_misses_counter" ? undefined : target.find(name, kind);
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const ring = ringMap(1 << 16);
  using scope = new Scope();
  const request: ProbeRequest = {
    family: undefined,
    filter: undefined,
    stacks: "all",
    callersFor: [2],
    netns: [1],
    ...HIDE,
    ...EVERY_ROW,
  };
  const design = dropDesign(new KernelTypes(unguarded), request, ring);
  const spec = design.program("probe");
  assert(
    spec.instructions.length >
      dropDesign(new KernelTypes(btf), request, ring).program("probe").instructions.length ||
      !kernelGuardsRecursion(new KernelTypes(btf)),
  );
  const created = createMaps(scope, design).set(ring, scope.own(BpfMap.create(libcSyscalls, ring, CPUS)));
  using program = Program.load(libcSyscalls, spec, btf, created);
  assert.equal(program.info().recursionMisses, 0n);
});

test("Tracer.open traces without owners where the kernel refuses the program with them", { skip }, () => {
  let refused: number | undefined;
  const sys: Syscalls = {
    ...libcSyscalls,
    bpf: (command, attr) => {
      // Small programs leave notes for that on drops. The number of instructions: union bpf_attr, insn_cnt.
      const length = command === BPF_PROG_LOAD ? Buffer.from(attr).readUInt32LE(4) : 0;
      if (length > 500) refused ??= length;
      return length === refused ? -ERRNO.E2BIG : libcSyscalls.bpf(command, attr);
    },
  };
  const request = { ...PLAIN_REQUEST, owners: true, rows: true };
  using tracer = Tracer.open(sys, openKernelBtf(), { request, ringBytes: 1 << 16, possibleCpus: CPUS });
  assert.match(tracer.ownerProblem ?? "", /^owners are not told: the kernel refused the program .*E2BIG/);
  assert.ok(tracer.counters().seen >= 0);
});

test("Tracer.open attaches, counts and closes everything again", { skip }, () => {
  const before = [openDescriptors(), openMappings()];
  {
    using tracer = Tracer.open(libcSyscalls, openKernelBtf(), {
      request: {
        family: undefined,
        filter: undefined,
        netns: [1],
        stacks: "none",
        callersFor: [],
        ...SHOW,
        ...EVERY_ROW,
      },
      ringBytes: 1 << 16,
      possibleCpus: 256,
    });
    const { seen, sent, filtered, lost } = tracer.counters();
    assert.ok(seen >= filtered && sent === 0 && lost === 0, "no namespace has inode 1");
    assert.equal(typeof tracer.missed(), "number");
    tracer.detach();
    assert.equal(tracer.ring.drain(() => undefined).records, 0);
  }
  assert.deepEqual([openDescriptors(), openMappings()], before);
});

/** All but the ring. */
function createMaps(scope: Scope, { maps }: DropDesign): Map<MapSpec, BpfMap> {
  const { ring: _ring, ...others } = maps;
  return BpfMap.createAll(libcSyscalls, scope, Object.values(others), CPUS);
}
