/** What was on the CPU when a record was written. */
import type { Task } from "../../model/index.ts";
import { Interner } from "../../model/interner.ts";
import { AT, keyLayout, part, type RecordView } from "../record-view.ts";

const TASKS = { words: 7, sets: 512 };
const LAYOUT = keyLayout(1, [part("tid"), part("cpu")], [part("tgid"), part("comm")]);

export class TaskReader {
  readonly #tasks: Interner<Task>;

  constructor(view: RecordView) {
    this.#tasks = new Interner(view.words, TASKS, (at) => taskAt(view, 4 * at));
  }

  read(at: number): Task {
    return this.#tasks.get(at >>> 2, LAYOUT, 0);
  }
}

function taskAt(view: RecordView, at: number): Task {
  return Object.freeze({
    cpu: view.u32(at + AT.cpu),
    pid: view.u32(at + AT.tgid),
    tid: view.u32(at + AT.tid),
    comm: view.name(at + AT.comm),
  });
}
