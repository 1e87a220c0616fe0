import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAttach, KernelTypes, listing } from "../../../bpf/index.ts";
import { openKernelBtf } from "../../../btf/index.ts";
import { type FunctionProbe, refusedMaps, refusedPrograms } from "./refused-programs.ts";

const kernel = new KernelTypes(openKernelBtf());

for (const probe of ["fentry", "kprobe"] satisfies FunctionProbe[])
  test(`refusedPrograms for ${probe}: what clears a note comes first, the entry last, and what is not asked for is not there`, () => {
    const specs = refusedPrograms(kernel, refusedMaps(4096), { family: undefined, netns: undefined }, probe);
    const exit = { fentry: "fexit", kprobe: "kretprobe" }[probe];
    assert.deepEqual(
      specs.map(({ attach }) => formatAttach(attach)),
      [
        `${probe}/tcp_v4_send_synack`,
        `${probe}/tcp_v6_send_synack`,
        `${probe}/inet_csk_reqsk_queue_hash_add`,
        `${exit}/tcp_conn_request`,
        `${probe}/tcp_conn_request`,
      ],
    );
    for (const spec of specs) assert.match(listing(spec), /exit\n$/);
    const filtered = refusedPrograms(kernel, refusedMaps(4096), { family: 4, netns: [1, 2] }, probe);
    const lengths = (programs: typeof specs): readonly number[] =>
      programs.map(({ instructions }) => instructions.length);
    assert.ok((lengths(filtered)[3] ?? 0) > (lengths(specs)[3] ?? 0));
    assert.deepEqual(lengths(filtered).toSpliced(3, 1), lengths(specs).toSpliced(3, 1));
  });
