/** What was on the CPU when a record was written. */
import type { Task } from "../../../model/index.ts";
import { Interner, type KeyLayout } from "../../../model/interner.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { demandOffsets, HEAD, type Offsets } from "../../core/record-reader.ts";
import { keyLayout, type RecordView } from "../../core/record-view.ts";
import { task, type taskLayout } from "./task.ts";

const SIZE = { words: 7, sets: 512 };

export class TaskReader {
  readonly #view: RecordView;
  readonly #at: Offsets<(typeof taskLayout)["fields"]>;
  readonly #key: KeyLayout;
  readonly #tasks: Interner<Task>;

  constructor(view: RecordView, layout: RecordLayout<never>) {
    this.#view = view;
    this.#at = demandOffsets(layout, task);
    const { tid, tgid, comm } = this.#at;
    this.#key = keyLayout(
      1,
      [
        [tid, 4],
        [HEAD.cpu, 4],
      ],
      [
        [tgid, 4],
        [comm, task.layout.fields.comm.size],
      ],
    );
    this.#tasks = new Interner(view.words, SIZE, (word) => this.#task(4 * word));
  }

  read(base: number): Task {
    return this.#tasks.get(base >>> 2, this.#key, 0);
  }

  #task(base: number): Task {
    const view = this.#view;
    const at = this.#at;
    return Object.freeze({
      cpu: view.u32(base + HEAD.cpu),
      pid: view.u32(base + at.tgid),
      tid: view.u32(base + at.tid),
      comm: view.name(base + at.comm),
    });
  }
}
