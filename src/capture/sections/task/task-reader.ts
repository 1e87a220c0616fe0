/** What was on the CPU when a record was written. */
import type { Task } from "../../../model/index.ts";
import { Interner } from "../../../model/interner.ts";
import { shared } from "../../../model/shared.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { demandOffsets, HEAD, type Offsets } from "../../core/record-reader.ts";
import type { RecordView } from "../../core/record-view.ts";
import { task, type taskLayout } from "./task.ts";

const NAME_WORDS = 4;
const SIZE = { words: 3 + NAME_WORDS, sets: 512 };

export class TaskReader {
  readonly #view: RecordView;
  readonly #at: Offsets<(typeof taskLayout)["fields"]>;
  readonly #tasks = new Interner<Task>(SIZE);
  readonly #make = (base: number): Task => this.#task(base);

  constructor(view: RecordView, layout: RecordLayout<never>) {
    this.#view = view;
    this.#at = demandOffsets(layout, task);
  }

  read(base: number): Task {
    const view = this.#view;
    const at = this.#at;
    const { key } = this.#tasks;
    key[0] = view.u32(base + HEAD.cpu);
    key[1] = view.u32(base + at.tgid);
    key[2] = view.u32(base + at.tid);
    view.words(base + at.comm, NAME_WORDS, key, 3);
    return this.#tasks.get(SIZE.words, this.#make, base);
  }

  #task(base: number): Task {
    const view = this.#view;
    const at = this.#at;
    return shared({
      cpu: view.u32(base + HEAD.cpu),
      pid: view.u32(base + at.tgid),
      tid: view.u32(base + at.tid),
      comm: view.name(base + at.comm),
    });
  }
}
