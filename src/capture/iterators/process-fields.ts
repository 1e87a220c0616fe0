/** What records say of the process that holds or uses a socket. */
import type { Pointer, StructMemory } from "../../bpf/index.ts";
import type { processTask } from "./kernel-structs.ts";
import type { socketFileRecord } from "./socket-file-record.ts";

/** Process, start, cgroup, uid, name, and which program it runs. */
export function writeProcess(
  record: StructMemory<typeof socketFileRecord.fields>,
  { tgid, group_leader, cgroups, cred, self_exec_id }: Pointer<typeof processTask>,
): void {
  record.set("tgid", tgid);
  record.set("startNs", group_leader.start_boottime);
  record.set("cgroupId", cgroups.dfl_cgrp.kn.id);
  record.set("uid", cred.euid.val);
  record.set("execId", self_exec_id);
  for (const half of [0, 8]) record.setBytes("comm", 8, half, group_leader.comm.load(8, half));
}
