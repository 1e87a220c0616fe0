/**
 * Commands to paste into a root shell. Words may come from names that somebody else chose: each is quoted,
 * and a command with a word that cannot be shown as it is has no text.
 */
import type { NetnsEvidence } from "./evidence.ts";
import type { Command } from "./rule.ts";

/** Means itself in every shell, unquoted and anywhere. */
const PLAIN_WORD = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/;
/** Shown as it is: a backslash would be shown as two (sinks/plain-text.ts), and end the quotes elsewhere. */
const SHOWN_AS_IT_IS = /^[\x20-\x5b\x5d-\x7e]+$/;

/**
 * The word so that a shell reads it back from what is shown of it; undefined where that would be something
 * else.
 */
export function shellWord(word: string): string | undefined {
  if (PLAIN_WORD.test(word)) return word;
  return SHOWN_AS_IT_IS.test(word) ? `'${word.replaceAll("'", `'"'"'`)}'` : undefined;
}

/** A name that a program would take for an option of its own: no command has such a word. */
export function looksLikeOption(name: string): boolean {
  return name.startsWith("-");
}

/** Whether a command says the same in every namespace: `tcpdrop explain` does. */
export function isOfNoNetns([program]: Command): boolean {
  return program === "tcpdrop";
}

/** The command inside the namespace, as one line; undefined where it cannot be written or run from here. */
export function commandText(command: Command, netns: NetnsEvidence | undefined): string | undefined {
  const enter = netns === undefined || isOfNoNetns(command) ? [] : netns.enter;
  if (enter === undefined || looksLikeOption(netns?.name ?? "")) return undefined;
  const words = [...enter, ...command].map(shellWord);
  return words.includes(undefined) ? undefined : words.join(" ");
}
