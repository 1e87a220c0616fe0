/** What is wrong with the command line, in our words: the parser's own are another program's. */
import type { CommanderError } from "commander";
import { UsageError } from "../errors.ts";
import { plainText } from "../sinks/plain-text.ts";

/** `command` is the one that was given; undefined for a trace. */
export function parseError({ message }: CommanderError, command: string | undefined): UsageError {
  const name = command === undefined ? "tcpdrop" : `tcpdrop ${command}`;
  const [said = "", ...more] = message
    .replace(/^error: /, "")
    .split("\n")
    .map(plainText);
  const meant = /Did you mean (?:one of )?(.*)\?\)$/.exec(more.join(" "))?.[1];
  const hint = meant === undefined ? `${name} --help lists the options.` : `Did you mean ${meant}?`;
  const [, unknown] = /^unknown option '(.*)'$/.exec(said) ?? [];
  if (unknown !== undefined) return new UsageError(`${unknown} is not an option of ${name}`, { hint });
  const [, flags] = /^option '(.*)' argument missing$/.exec(said) ?? [];
  if (flags !== undefined) {
    const [short = flags] = flags.split(/[ ,]/);
    return new UsageError(`${short} needs a value`, { hint: `Write ${flags}` });
  }
  const [, most] = /^too many arguments for .* Expected (\d+) argument/.exec(said) ?? [];
  if (most !== undefined)
    return new UsageError(`${name} takes ${most === "0" ? "no argument" : `at most ${most} argument`}`, {
      hint,
    });
  return new UsageError(`${said.charAt(0).toUpperCase()}${said.slice(1)}`, { hint });
}
