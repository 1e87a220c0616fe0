/** What was on the CPU when a record was written. */
import type { Task } from "../../model/index.ts";
import { Interner } from "../../model/interner.ts";
import { shared } from "../../model/shared.ts";
import { AT, type RecordView } from "../record-view.ts";

const NAME_WORDS = 4;
const SIZE = { words: 3 + NAME_WORDS, sets: 512 };

export class TaskReader {
  readonly #view: RecordView;
  readonly #tasks = new Interner<Task>(SIZE);
  readonly #make = (at: number): Task => this.#task(at);

  constructor(view: RecordView) {
    this.#view = view;
  }

  read(at: number): Task {
    const view = this.#view;
    const { key } = this.#tasks;
    key[0] = view.u32(at + AT.cpu);
    key[1] = view.u32(at + AT.tgid);
    key[2] = view.u32(at + AT.tid);
    view.words(at + AT.comm, NAME_WORDS, key, 3);
    return this.#tasks.get(SIZE.words, this.#make, at);
  }

  #task(at: number): Task {
    const view = this.#view;
    return shared({
      cpu: view.u32(at + AT.cpu),
      pid: view.u32(at + AT.tgid),
      tid: view.u32(at + AT.tid),
      comm: view.name(at + AT.comm),
    });
  }
}
