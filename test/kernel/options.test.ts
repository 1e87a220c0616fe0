/**
 * The drop program with each option, and with all but one, attached on the running kernel: the verifiers of
 * other kernels follow the same code differently. Beside the program, a test loads every combination.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { KernelTypes } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { sectionOffsets } from "../../src/capture/core/record-reader.ts";
import { PLAIN_REQUEST, type ProbeRequest } from "../../src/capture/kinds/drop/request.ts";
import { kfreeSkbArguments } from "../../src/capture/kinds/drop/tracepoint-arguments.ts";
import { owner } from "../../src/capture/sections/owner/owner.ts";
import { MAX_SNAPLEN, PACKET } from "../../src/capture/sections/packet/packet.ts";
import { FUNCTION_PROBES, Tracer } from "../../src/capture/tracer.ts";
import { ReasonNames } from "../../src/enrich/reason-names.ts";
import { parseFilter } from "../../src/filter-language/index.ts";
import { possibleCpus } from "../../src/host/cpus.ts";
import { filterHere } from "../../src/source/filter-here.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { patient } from "../patience.ts";

const btf = openKernelBtf();
/** The kernel gives up at a million. */
const MAX_VERIFIED = 100_000;

const OPTIONS: readonly Partial<ProbeRequest>[] = [
  { stacks: "none", callersFor: [2, 105] },
  { stacks: "none" },
  { stacks: 100 },
  { family: 6 },
  { netns: [1, 2, 3] },
  { hideCopies: false, hideSites: false },
  { otherHost: 8, emptyPurged: 11, hiddenNormal: [1, 2, 3, 4, 5, 6, 7, 8], hiddenCopy: [9, 10] },
  { sampleOneOf: 100, maxPerSecond: 1000 },
  { rows: false },
  { owners: true },
  { ownerTotals: true },
  { snaplen: "headers" },
  { snaplen: MAX_SNAPLEN },
  { filter: kernelPart("uid 0 or cgroup /") },
  { filter: kernelPart("net 192.0.2.0/24 and portrange 80-90 and (state established or len > 100)") },
];

const MANY = OPTIONS.map((left) =>
  Object.assign({}, ...OPTIONS.filter((one) => one !== left), { rows: true }),
);

function kernelPart(filter: string): ProbeRequest["filter"] {
  const givesReasons = kfreeSkbArguments(new KernelTypes(btf)).reason !== undefined;
  const plan = filterHere(parseFilter(filter), ReasonNames.of(btf), givesReasons);
  assert.equal(plan.rest, undefined, "the kernel evaluates all of it");
  return plan.kernel;
}

test("the verifier takes each option and all but one, and nothing is left out", {
  timeout: patient(60_000),
}, (t) => {
  let most = 0;
  for (const options of [{}, ...OPTIONS, ...MANY]) {
    const request = { ...PLAIN_REQUEST, ...options };
    using tracer = Tracer.open(libcSyscalls, btf, {
      request,
      ringBytes: 1 << 16,
      possibleCpus: possibleCpus(),
      refusedProbes: FUNCTION_PROBES,
    });
    const { filter, snaplen } = request;
    const said = inspect(options);
    assert.equal(tracer.filters, filter !== undefined, said);
    assert.equal(sectionOffsets(tracer.layouts.drop, PACKET) !== undefined, snaplen !== undefined, said);
    const asksOwner =
      request.owners === true || request.ownerTotals === true || filter?.text.startsWith("uid") === true;
    assert.equal(sectionOffsets(tracer.layouts.drop, owner) !== undefined, asksOwner, said);
    assert.equal(tracer.ownerTotals() !== undefined, request.ownerTotals === true, said);
    assert.doesNotMatch(tracer.problems.refused ?? "", /verifier/);
    most = Math.max(most, tracer.program.info().verifiedInstructions);
  }
  assert(most < MAX_VERIFIED, `${most} instructions were verified`);
  t.diagnostic(`At most ${most} instructions to verify`);
});
