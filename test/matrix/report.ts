/** Reads a guest's output: every test, by what the guest itself printed. */
export interface Outcome {
  readonly passed: number;
  readonly failed: readonly string[];
  /** Skipped, with the feature that is missing. */
  readonly skipped: readonly string[];
  /** What `tcpdrop doctor` reported as missing or unknown. */
  readonly missing: readonly string[];
  /** Seconds of each step. */
  readonly steps: readonly { readonly name: string; readonly tookS: number }[];
}

/**
 * TAP of node:test, and one line per step: only lines without indentation count, and a step that passed is
 * not a test.
 */
export function readReport(text: string): Outcome {
  let passed = 0;
  const failed: string[] = [];
  const skipped: string[] = [];
  for (const match of text.matchAll(/^(not ok|ok)( \d+)? - (.*?)(?: # SKIP(.*))?$/gm)) {
    const [, verdict, number, name = "", why] = match;
    if (why !== undefined) skipped.push(`${name} (${why.trim()})`);
    else if (verdict !== "ok") failed.push(name);
    else if (number !== undefined) passed += 1;
  }
  const ended = new Set([...text.matchAll(/^(?:not )?ok - STEP (\S+)/gm)].map(([, name]) => name));
  for (const [, name = ""] of text.matchAll(/^# STEP (\S+)/gm))
    if (!ended.has(name)) failed.push(`STEP ${name} (it did not end)`);
  const doctor = /^# STEP doctor\n([\s\S]*?)^# TOOK/m.exec(text)?.[1] ?? "";
  const missing = [...doctor.matchAll(/^(?:no|\?) +(.*?) {2,}(.*)$/gm)].map(
    ([, what = "", remark = ""]) => `${what}: ${remark}`,
  );
  const steps = [...text.matchAll(/^# TOOK (\d+) s\n(?:not )?ok - STEP (\S+)/gm)].map(
    ([, took, name = ""]) => ({ name, tookS: Number(took) }),
  );
  return { passed, failed, skipped, missing, steps };
}
