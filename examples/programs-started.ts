/**
 * The eBPF layer without TCP: every program that is executed, with its process and parent.
 *
 *     sudo node dist/examples/programs-started.js [SECONDS]
 */
import {
  attach,
  BpfMap,
  Builder,
  KernelTypes,
  kernelStruct,
  libcSyscalls,
  type MapSpec,
  openKernelBtf,
  Program,
  pointer,
  possibleCpus,
  RingBuffer,
  scalar,
  uapi,
} from "tcpdrop/ebpf";

const seconds = Number(process.argv[2] ?? 5);
const COMM_BYTES = 16;
const RECORD_BYTES = 8 + COMM_BYTES;

/** The two fields that are read; their offsets come from the running kernel's BTF. */
const parent = kernelStruct("task_struct", { tgid: scalar });
const task = kernelStruct("task_struct", { tgid: scalar, real_parent: pointer(() => parent) });

const ringSpec: MapSpec = {
  name: "starts",
  kind: "ring-buffer",
  keySize: 0,
  valueSize: 0,
  maxEntries: 1 << 16,
};
const btf = openKernelBtf();
const b = new Builder();

// tp_btf/sched_process_exec(task, old_pid, bprm): the context is an array of arguments, 8 bytes each.
const started = new KernelTypes(btf).point(
  task,
  b.pin(b.loadFrom(8, b.context, 0, "task"), "task").expression,
  "direct",
);
const record = b.buffer(RECORD_BYTES);
b.store(4, record.address, 0, started.tgid, "tgid =");
b.store(4, record.address, 4, started.real_parent.tgid, "parent =");
b.call(uapi.BPF_FUNC_get_current_comm, [record.address.add(8), COMM_BYTES], "get_current_comm");
b.call(uapi.BPF_FUNC_ringbuf_output, [ringSpec, record.address, RECORD_BYTES, 0], "ringbuf_output");
const spec = {
  name: "starts",
  attach: { kind: "tp_btf", tracepoint: "sched_process_exec" },
  ...b.finish(),
  license: "Dual MIT/GPL",
} as const;

using map = BpfMap.create(libcSyscalls, ringSpec, possibleCpus());
using program = Program.load(libcSyscalls, spec, btf, new Map([[ringSpec, map]]));
using ring = new RingBuffer(libcSyscalls, map, libcSyscalls.pageSize());
using _link = attach(libcSyscalls, program);

const data = Buffer.from(ring.data.buffer, ring.data.byteOffset, ring.data.byteLength);
for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
  ring.drain((at) => {
    const comm = data.toString("utf8", at + 8, at + RECORD_BYTES).replace(/\0.*/s, "");
    console.log(
      `${comm.padEnd(COMM_BYTES)} pid ${new Uint32Array(data.buffer, data.byteOffset + at, 2).join(", parent ")}`,
    );
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
}
