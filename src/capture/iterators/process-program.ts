/** The program on iter/task: one record for each process, without its further threads. */
import {
  Builder,
  type KernelTypes,
  kernelStruct,
  type ProgramSpec,
  pointer,
  scalar,
} from "../../bpf/index.ts";
import * as uapi from "../../sys/uapi.gen.ts";
import { iterMeta, processTask } from "./kernel-structs.ts";
import { processRecord } from "./process-record.ts";

const iterContext = kernelStruct("bpf_iter__task", { meta: pointer(() => iterMeta), task: scalar });

export function processProgram(kernel: KernelTypes): ProgramSpec {
  const b = new Builder();
  const context = kernel.point(iterContext, b.pin(b.context, "context").expression, "direct");
  const address = b.pin(context.task, "task");
  b.leaveIf(address.isZero());
  const task = kernel.point(processTask, address.expression, "direct");
  const pid = b.pin(task.tgid, "tgid");
  b.leaveIf(task.pid.ne(pid));
  const buffer = b.buffer(processRecord.size);
  const record = b.memory(processRecord, buffer.address);
  record.clear();
  record.set("pid", pid);
  record.set("startNs", task.group_leader.start_boottime);
  record.set("cgroupId", task.cgroups.dfl_cgrp.kn.id);
  // A process that ends has none any more; loads through NULL give 0 here.
  const { ns, net_cookie } = task.nsproxy.net_ns;
  record.set("netns", ns.inum);
  if (net_cookie !== undefined) record.set("netnsCookie", net_cookie.load(8, 0));
  for (const half of [0, 8]) record.setBytes("comm", 8, half, task.group_leader.comm.load(8, half));
  b.call(uapi.BPF_FUNC_seq_write, [context.meta.seq, buffer.address, processRecord.size], "seq_write");
  return {
    name: "tcpdrop_tasks",
    attach: { kind: "iter", target: "task" },
    ...b.finish(),
    license: "Dual MIT/GPL",
  };
}
