/** Shortens the verifier's log to what a reader needs first. */

/** The complaint and the instruction before it: usually the last two lines before the statistics. */
export function linesThatMatter(log: string): string {
  const lines = log
    .split("\n")
    .filter(
      (line) =>
        line.trim() !== "" && !/^(processed \d+ insns|verification time|stack depth|mark_precise)/.test(line),
    );
  const complaint = lines.at(-1) ?? "the kernel gave no reason";
  const instruction = lines.slice(0, -1).findLast((line) => /^\d+: \(/.test(line));
  return instruction === undefined ? complaint : `${instruction.trim()} => ${complaint.trim()}`;
}
