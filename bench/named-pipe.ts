/** A pipe to a tool's stdout, as a shell makes one: what Node's spawn() calls a pipe is a socket. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, createReadStream, openSync, type ReadStream, rmSync } from "node:fs";

export class NamedPipe implements AsyncDisposable {
  readonly output: ReadStream;
  /** The descriptor to write to. */
  readonly input: number;
  readonly #path: string;
  #isInputOpen = true;

  private constructor(path: string, input: number, output: ReadStream) {
    this.#path = path;
    this.input = input;
    this.output = output;
  }

  static async make(path: string): Promise<NamedPipe> {
    execFileSync("mkfifo", [path]);
    // Opening it for reading alone waits for a writer, and for writing alone for a reader: fifo(7).
    const both = openSync(path, constants.O_RDWR);
    const output = createReadStream(path);
    await once(output, "open");
    const input = openSync(path, constants.O_WRONLY);
    closeSync(both);
    return new NamedPipe(path, input, output);
  }

  /** Once the tool has it: the end is when the last writer closes it. */
  closeInput(): void {
    if (this.#isInputOpen) closeSync(this.input);
    this.#isInputOpen = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closeInput();
    rmSync(this.#path);
    if (this.output.closed) return;
    this.output.destroy();
    await once(this.output, "close");
  }
}
