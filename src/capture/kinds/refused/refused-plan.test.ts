import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAttach, KernelTypes, listing } from "../../../bpf/index.ts";
import { openKernelBtf } from "../../../btf/index.ts";
import { BuildError, SyscallError, UnsupportedError } from "../../../errors.ts";
import { ringMap } from "../../core/ring-map.ts";
import { type RefusedWanted, refusedKind } from "./refused-plan.ts";
import type { FunctionProbe } from "./syn-note.ts";

const kernel = new KernelTypes(openKernelBtf());
const ring = ringMap(4096);
const ANY = { family: undefined, netns: undefined };
const specsOf = (wanted: RefusedWanted) =>
  refusedKind
    .plan(kernel, wanted, ring)
    .programs()
    .map(({ build }) => build());

for (const probe of ["fentry", "kprobe"] satisfies FunctionProbe[])
  test(`refusedKind.plan by ${probe}: what takes a note back comes first, and what is not asked for is not there`, () => {
    const specs = specsOf({ ...ANY, probes: [probe] });
    const exit = { fentry: "fexit", kprobe: "kretprobe" }[probe];
    assert.deepEqual(
      specs.map(({ attach }) => formatAttach(attach)),
      [
        `${probe}/tcp_v4_send_synack`,
        `${probe}/tcp_v6_send_synack`,
        `${probe}/inet_csk_reqsk_queue_hash_add`,
        `${probe}/tcp_conn_request`,
        `${exit}/tcp_conn_request`,
      ],
    );
    for (const spec of specs) assert.match(listing(spec), /exit\n$/);
    const filtered = specsOf({ family: 4, netns: [1, 2], probes: [probe] });
    const lengths = (programs: typeof specs): readonly number[] =>
      programs.map(({ instructions }) => instructions.length);
    assert.ok((lengths(filtered)[4] ?? 0) > (lengths(specs)[4] ?? 0));
    assert.deepEqual(lengths(filtered).slice(0, 4), lengths(specs).slice(0, 4));
  });

test("refusedKind.plan: kprobes after trampolines, and then what each said", () => {
  const failure = (what: string): SyscallError =>
    new SyscallError(what, { call: "bpf", errno: 1, errnoName: "EPERM", errnoText: "no" });
  const first = refusedKind.plan(kernel, { ...ANY, probes: ["fentry", "kprobe"] }, ring);
  const second = first.otherwise(failure("trampolines are off"));
  assert.deepEqual([first.probe, second?.probe], ["fentry", "kprobe"]);
  assert.throws(
    () => second?.otherwise(failure("kprobes, too")),
    (error) =>
      error instanceof UnsupportedError &&
      /fentry: trampolines are off.*; kprobe: kprobes, too/.test(error.message),
  );
  assert.equal(first.otherwise(new BuildError("a mistake of ours")), undefined);
});
