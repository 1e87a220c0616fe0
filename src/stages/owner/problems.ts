/** What could not be done, a sentence each; each kind once. */
import { machineFailure } from "../../listeners/machine-failure.ts";

export class Problems {
  readonly #sentences = new Map<string, string>();

  say(sentence: string): void {
    this.#sentences.set(sentence, sentence);
  }

  add(what: string, failure: unknown): void {
    if (!this.#sentences.has(what)) this.#sentences.set(what, `${what}: ${machineFailure(failure)}`);
  }

  all(refusal: string | undefined): readonly string[] {
    return [...this.#sentences.values(), ...(refusal === undefined ? [] : [refusal])];
  }
}
