/** Our own tool in a process of its own, as installed; its totals are parsed from its summary. */
import { join } from "node:path";
import { checkIdentity, type ToldTotals } from "../test/kernel/identity.ts";
import { type ToolCommand, ToolProcess } from "./tool-process.ts";

export const COMMAND_LINE = join(import.meta.dirname, "../bin/cli/main.cjs");
const LIBRARY = join(import.meta.dirname, "storm-library.js");

export interface OurResult extends ToldTotals {
  /** Drops of our hosts: others were filtered, or undecodable. */
  readonly ours: number;
  /** Its stderr. */
  readonly said: string;
}

export class OurTool extends ToolProcess {
  /**
   * Attached when it returns. `netns` is the inode number of the traced namespace. Without `stdout`, rows are
   * discarded. `commandLine` is that of another build.
   */
  static async start(
    netns: number,
    options: readonly string[],
    stdout?: ToolCommand["stdout"],
    commandLine = COMMAND_LINE,
  ): Promise<OurTool> {
    return await OurTool.#attached(
      [process.execPath, commandLine, "--netns", String(netns), ...options],
      stdout,
    );
  }

  /** The library, in a program that takes every event and ignores it. */
  static async startLibrary(netns: number, options: readonly string[]): Promise<OurTool> {
    return await OurTool.#attached([process.execPath, LIBRARY, String(netns), ...options]);
  }

  static async #attached(command: readonly string[], stdout?: ToolCommand["stdout"]): Promise<OurTool> {
    const tool = new OurTool({ command, stdout });
    await tool.says("Tracing");
    return tool;
  }

  async result(): Promise<OurResult> {
    const said = await this.end();
    const totals = checkIdentity(said);
    return { ...totals, ours: totals.seen - totals.filtered - totals.undecodable, said };
  }
}
