/**
 * The eBPF layer without TCP: every program that is executed, with its process and parent.
 *
 *     sudo node dist/examples/programs-started.js [SECONDS]
 */
import {
  attach,
  Builder,
  bytes,
  createMap,
  KernelTypes,
  kernelStruct,
  loadProgram,
  type MapSpec,
  openKernelBtf,
  pointer,
  RingBuffer,
  scalar,
  struct,
  u32,
  uapi,
} from "tcpdrop/ebpf";

const seconds = Number(process.argv[2] ?? 5);
const COMM_BYTES = 16;

/** What the program sends for each start. */
const start = struct("start", 8 + COMM_BYTES, { pid: u32(0), parent: u32(4), comm: bytes(8, COMM_BYTES) });
/** The two fields that it reads; their offsets come from the running kernel's BTF. */
const parent = kernelStruct("task_struct", { tgid: scalar });
const task = kernelStruct("task_struct", { tgid: scalar, real_parent: pointer(() => parent) });

const starts: MapSpec = {
  name: "starts",
  kind: "ring-buffer",
  keySize: 0,
  valueSize: 0,
  maxEntries: 1 << 16,
};

// tp_btf/sched_process_exec(task, old_pid, bprm)
const b = new Builder();
const argument = b.pin(b.argument(b.context, 0, "task"), "task");
const started = new KernelTypes(openKernelBtf()).point(task, argument.expression, "direct");
const buffer = b.buffer(start.size);
const record = b.memory(start, buffer.address);
record.set("pid", started.tgid);
record.set("parent", started.real_parent.tgid);
b.call(uapi.BPF_FUNC_get_current_comm, [record.addressOf("comm"), COMM_BYTES], "get_current_comm");
b.call(uapi.BPF_FUNC_ringbuf_output, [starts, buffer.address, start.size, 0], "ringbuf_output");

using map = createMap(starts);
using program = loadProgram(
  {
    name: "starts",
    attach: { kind: "tp_btf", tracepoint: "sched_process_exec" },
    ...b.finish(),
    license: "Dual MIT/GPL",
  },
  { maps: [map] },
);
using ring = new RingBuffer(map);
using _link = attach(program);

for await (const sent of ring.records({ signal: AbortSignal.timeout(seconds * 1000) })) {
  const { pid, parent: parentPid, comm } = start.decode(sent);
  console.log(`${printable(comm).padEnd(COMM_BYTES)} pid ${pid}, parent ${parentPid}`);
}

/** A process chooses its name itself: it may hold what moves the cursor. */
function printable(name: Uint8Array): string {
  return Buffer.from(name)
    .toString("utf8")
    .replace(/\0.*/s, "")
    .replaceAll(/\p{Cc}/gu, "?");
}
