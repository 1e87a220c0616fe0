/**
 * The eBPF layer without TCP: which threads were switched out most often, counted in the kernel by name.
 *
 *     sudo node dist/examples/switches-by-name.js [SECONDS]
 */
import {
  attach,
  BpfMap,
  Builder,
  libcSyscalls,
  type MapSpec,
  openKernelBtf,
  Program,
  possibleCpus,
  uapi,
} from "tcpdrop/ebpf";

const seconds = Number(process.argv[2] ?? 2);
const COMM_BYTES = 16;

const countsSpec: MapSpec = {
  name: "counts",
  kind: "lru-hash",
  keySize: COMM_BYTES,
  valueSize: 8,
  maxEntries: 1024,
};
const b = new Builder();

const comm = b.buffer(COMM_BYTES);
const first = b.buffer(8);
b.call(uapi.BPF_FUNC_get_current_comm, [comm.address, COMM_BYTES], "get_current_comm");
const count = b.keep(
  b.call(uapi.BPF_FUNC_map_lookup_elem, [countsSpec, comm.address], "map_lookup_elem"),
  "count",
);
b.if(
  count.notZero(),
  // Not atomic: two CPUs that switch threads of one name may lose a count.
  () => b.store(8, count, 0, b.loadFrom(8, count, 0, "count").add(1), "count += 1"),
  () => {
    b.store(8, first.address, 0, 1, "first = 1");
    b.call(uapi.BPF_FUNC_map_update_elem, [countsSpec, comm.address, first.address, 0], "map_update_elem");
  },
);
const spec = {
  name: "switches",
  attach: { kind: "raw_tp", tracepoint: "sched_switch" },
  ...b.finish(),
  license: "Dual MIT/GPL",
} as const;

using counts = BpfMap.create(libcSyscalls, countsSpec, possibleCpus());
using program = Program.load(libcSyscalls, spec, openKernelBtf(), new Map([[countsSpec, counts]]));
{
  using _link = attach(libcSyscalls, program);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

const rows = [...counts.keys()].map((key) => ({
  name: Buffer.from(key).toString("utf8").replace(/\0.*/s, ""),
  count: counts.lookup(key)?.[0]?.u64AsNumber(0) ?? 0,
}));
for (const row of rows.sort((one, other) => other.count - one.count).slice(0, 10))
  console.log(`${String(row.count).padStart(8)}  ${row.name}`);
