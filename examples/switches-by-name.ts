/**
 * The eBPF layer without TCP: which threads were switched out most often, counted in the kernel by name.
 *
 *     sudo node dist/examples/switches-by-name.js [SECONDS]
 */
import {
  attach,
  Builder,
  bytes,
  createMap,
  loadProgram,
  type MapSpec,
  struct,
  u64,
  uapi,
} from "tcpdrop/ebpf";

const seconds = Number(process.argv[2] ?? 2);
const COMM_BYTES = 16;

/** Key and value of the map. */
const thread = struct("thread", COMM_BYTES, { comm: bytes(0, COMM_BYTES) });
const counter = struct("counter", 8, { switches: u64(0) });
const countsSpec: MapSpec = {
  name: "counts",
  kind: "lru-hash",
  keySize: thread.size,
  valueSize: counter.size,
  maxEntries: 1024,
};

const b = new Builder();
const key = b.buffer(thread.size);
b.call(uapi.BPF_FUNC_get_current_comm, [key.address, COMM_BYTES], "get_current_comm");
const found = b.keep(b.lookup(countsSpec, key), "found");
b.if(
  found.notZero(),
  // Not atomic: two CPUs that switch threads of one name may lose a count.
  () => b.memory(counter, found).add("switches", 1),
  () => {
    const first = b.buffer(counter.size);
    b.memory(counter, first.address).set("switches", 1);
    b.call(uapi.BPF_FUNC_map_update_elem, [countsSpec, key.address, first.address, 0], "map_update_elem");
  },
);

using counts = createMap(countsSpec);
using program = loadProgram(
  {
    name: "switches",
    attach: { kind: "raw_tp", tracepoint: "sched_switch" },
    ...b.finish(),
    license: "Dual MIT/GPL",
  },
  { maps: [counts] },
);
{
  using _link = attach(program);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

const rows = [...counts.keys()].map((each) => {
  const [value] = counts.lookup(each) ?? [];
  return {
    name: printable(thread.decode(each).comm),
    switches: value === undefined ? 0n : counter.decode(value.bytes).switches,
  };
});
for (const row of rows.sort((one, other) => Number(other.switches - one.switches)).slice(0, 10))
  console.log(`${String(row.switches).padStart(8)}  ${row.name}`);

/** A thread chooses its name itself: it may hold what moves the cursor. */
function printable(name: Uint8Array): string {
  return Buffer.from(name)
    .toString("utf8")
    .replace(/\0.*/s, "")
    .replaceAll(/\p{Cc}/gu, "?");
}
