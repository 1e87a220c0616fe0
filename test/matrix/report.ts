/** Reads a guest's output: every test, by what the guest itself printed. */
import { lastLines, whyOfTest } from "./why.ts";

export interface Failure {
  readonly name: string;
  /** Lines of what the test, or else its step, printed about it. */
  readonly why: readonly string[];
}

export interface Step {
  readonly name: string;
  readonly tookS: number;
}

export interface Outcome {
  readonly passed: number;
  readonly failed: readonly Failure[];
  /** Skipped, with the feature that is missing. */
  readonly skipped: readonly string[];
  /** What `tcpdrop doctor` reported as missing or unknown. */
  readonly missing: readonly string[];
  readonly steps: readonly Step[];
}

/** TAP of node:test, and one line per step: a step that passed is not a test. */
export function readReport(text: string): Outcome {
  const [outside = "", ...parts] = text.split(/^# STEP (\S+)\n/m);
  const failed = [...outside.matchAll(/^not ok - (.*)$/gm)].map(([, name = ""]) => ({ name, why: [] }));
  const all: Outcome = { passed: 0, failed, skipped: [], missing: [], steps: [] };
  const names = parts.filter((_part, index) => index % 2 === 0);
  return names
    .map((name, index) => readStep(name, parts[index * 2 + 1] ?? ""))
    .reduce(
      (sum, step) => ({
        passed: sum.passed + step.passed,
        failed: [...sum.failed, ...step.failed],
        skipped: [...sum.skipped, ...step.skipped],
        missing: [...sum.missing, ...step.missing],
        steps: [...sum.steps, ...step.steps],
      }),
      all,
    );
}

/** `text` is what follows the line of its name. Only lines without indentation count. */
function readStep(step: string, text: string): Outcome {
  let passed = 0;
  let readTo = 0;
  const failed: Failure[] = [];
  const skipped: string[] = [];
  for (const match of text.matchAll(/^(not ok|ok) \d+ - (.*?)(?: # SKIP(.*))?$/gm)) {
    const [line, verdict, name = "", why] = match;
    if (why !== undefined) skipped.push(`${name} (${why.trim()})`);
    else if (verdict === "ok") passed += 1;
    else failed.push({ name, why: whyOfTest(text.slice(readTo), match.index - readTo) });
    readTo = match.index + line.length;
  }
  const end = /^# TOOK (\d+) s\n(not ok|ok) - (STEP .*)$/m.exec(text);
  const [, took, verdict, ending] = end ?? [];
  const said = end === null ? text : text.slice(0, end.index);
  if (verdict !== "ok")
    failed.push({
      name: ending ?? `STEP ${step} (it did not end)`,
      why: failed.length > 0 ? [] : lastLines(said),
    });
  return {
    passed,
    failed,
    skipped,
    missing: step === "doctor" ? missingOf(said) : [],
    steps: took === undefined ? [] : [{ name: step, tookS: Number(took) }],
  };
}

function missingOf(doctor: string): readonly string[] {
  return [...doctor.matchAll(/^(?:no|\?) +(.*?) {2,}(.*)$/gm)].map(
    ([, what = "", remark = ""]) => `${what}: ${remark}`,
  );
}
