/** Shortens the verifier's log to what a reader needs first. */

/** What the verifier says beside complaints: how much it did, registers, source lines, backtracking. */
const REMARKS = [
  /^(processed \d+ insns|verification time|stack depth|func#|;)/,
  /^(\d+: )?(frame\d+: )?R\d+(_\w+)?=/,
  /^(from \d+ to|parent|cur state:|old state:|last_idx|mark_precise|regs=)/,
];
const INSTRUCTION = /^\d+: \(/;
/** A register that holds the wrong kind of value; newer kernels say after it what to do. */
const WRONG_TYPE = /^R\d+ type=/;

/**
 * The last instruction and the complaint about it, on one line. What follows a complaint are its details, or
 * advice to people who write C.
 */
export function linesThatMatter(log: string): string {
  const lines = log
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !REMARKS.some((remark) => remark.test(line)));
  const last = lines.findLastIndex((line) => INSTRUCTION.test(line));
  const after = lines.slice(last + 1);
  const complaint = after.find((line) => WRONG_TYPE.test(line)) ?? after[0] ?? "the kernel gave no reason";
  return last < 0 ? complaint : `${lines[last]} => ${complaint}`;
}
