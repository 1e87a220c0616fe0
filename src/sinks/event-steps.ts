/** The steps of one kind of event, for event-lines.gen.ts: one after the other, as they were written out. */
import { BuildError } from "../errors.ts";
import type { Event, Kind } from "../model/index.ts";
import { eventSteps } from "./json-steps.ts";
import type { GroupStep, Step } from "./json-values.ts";

type StepThat<W> = Extract<Step<Event>, { readonly write: W }>;

export class EventSteps {
  readonly #left: Step<Event>[];
  readonly #inner: EventSteps[] = [];

  constructor(steps: readonly Step<Event>[]) {
    this.#left = [...steps];
  }

  static ofKind(kind: Kind): EventSteps {
    return new EventSteps(eventSteps(kind));
  }

  /** The next one, which must be this. */
  take<W extends Step<Event>["write"]>(write: W, name: string): StepThat<W> {
    const step = this.#left.shift();
    if (step === undefined || step.write !== write || step.name !== name) throw stale();
    return step as StepThat<W>;
  }

  /** Those of a group. */
  of({ steps }: GroupStep<Event>): EventSteps {
    const inner = new EventSteps(steps);
    this.#inner.push(inner);
    return inner;
  }

  /** Throws where one is left. */
  demandAll(): void {
    if (this.#left.length > 0) throw stale();
    for (const inner of this.#inner) inner.demandAll();
  }
}

function stale(): BuildError {
  return new BuildError(
    "src/sinks/event-lines.gen.ts is not what the fields give: run node dist/tools/render-fields.js",
  );
}
