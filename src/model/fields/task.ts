/** Fields of what was on the CPU. */
import { type EventField, inGroup } from "./event-field.ts";
import { U32 } from "./field.ts";

export const TASK_FIELDS: readonly EventField[] = inGroup("task", [
  {
    name: "cpu",
    type: "integer",
    range: U32,
    doc: "CPU on which the drop happened.",
    kinds: { drop: "always" },
    get: (event) => event.task?.cpu,
  },
  {
    name: "cpu_pid",
    type: "integer",
    range: U32,
    doc: "Process that was on the CPU; often unrelated to the packet. 0 is the idle task.",
    kinds: { drop: "always", refused: "unlisted" },
    filter: {
      word: "cpu-pid",
      form: "cpu-pid PID",
      examples: ["cpu-pid 1"],
      meaning: "the process on the CPU at the drop; often unrelated to the packet",
      argument: "the number of a process",
    },
    column: {
      title: "PID",
      width: 7,
      doc: "Process that was on the CPU: often unrelated, and not the owner; 0 is the idle task",
      at: 20,
      rank: 4,
    },
    get: (event) => event.task?.pid,
  },
  {
    name: "cpu_tid",
    type: "integer",
    range: U32,
    doc: "Thread that was on the CPU.",
    kinds: { drop: "always" },
    get: (event) => event.task?.tid,
  },
  {
    name: "cpu_comm",
    type: "text",
    doc: "Name of the thread that was on the CPU.",
    kinds: { drop: "always", refused: "unlisted" },
    filter: {
      word: "cpu-comm",
      form: "cpu-comm NAME",
      examples: ["cpu-comm nginx"],
      meaning: "the name of the thread on the CPU at the drop; often unrelated to the packet",
      argument: "the name of a process, of at most 15 bytes",
    },
    get: (event) => event.task?.comm,
  },
]);
