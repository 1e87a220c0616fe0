/** Who was on the CPU. */
import type { Builder, KernelTypes } from "../../../bpf/index.ts";
import { bytes, struct, u32 } from "../../../bytes/struct.ts";
import * as uapi from "../../../sys/uapi.gen.ts";
import type { HeaderAccess } from "../../core/header-reader.ts";
import { taskStruct } from "../../core/kernel-structs.ts";
import type { Section } from "../../core/section.ts";

export interface TaskEvent {
  readonly b: Builder;
  readonly kernel: KernelTypes;
  readonly access: HeaderAccess;
}

export const taskLayout = struct("task", 24, {
  comm: bytes(0, 16),
  tid: u32(16),
  /** The process. */
  tgid: u32(20),
});

export const task: Section<TaskEvent, (typeof taskLayout)["fields"]> = {
  name: "task",
  layout: taskLayout,
  write: ({ b, kernel, access }, { memory }) => {
    // One helper and four loads instead of two helpers, one of which copies a string; kernels that load headers
    // directly have it.
    if (access === "direct") {
      const current = b.keep(
        b.call(uapi.BPF_FUNC_get_current_task_btf, [], "get_current_task_btf"),
        "current",
      );
      const { pid, tgid, comm } = kernel.point(taskStruct, current.expression, "direct");
      memory.set("tid", pid);
      memory.set("tgid", tgid);
      for (const half of [0, 8]) memory.setBytes("comm", 8, half, comm.load(8, half));
      return;
    }
    const ids = b.keep(b.call(uapi.BPF_FUNC_get_current_pid_tgid, [], "get_current_pid_tgid"), "pid_tgid");
    memory.set("tid", ids);
    memory.set("tgid", ids.shiftRight(32));
    b.call(
      uapi.BPF_FUNC_get_current_comm,
      [memory.addressOf("comm"), taskLayout.fields.comm.size],
      "get_current_comm",
    );
  },
};
