/** What a guest's words say: every test, by what the guest itself printed. */
export interface Outcome {
  readonly passed: number;
  readonly failed: readonly string[];
  /** Skipped, with the feature that is missing. */
  readonly skipped: readonly string[];
}

/** TAP of node:test, and one line for each step: only lines that begin at the margin count. */
export function readReport(text: string): Outcome {
  let passed = 0;
  const failed: string[] = [];
  const skipped: string[] = [];
  for (const match of text.matchAll(/^(not ok|ok)(?: \d+)? - (.*?)(?: # SKIP(.*))?$/gm)) {
    const [, verdict, name = "", why] = match;
    if (why !== undefined) skipped.push(`${name} (${why.trim()})`);
    else if (verdict === "ok") passed += 1;
    else failed.push(name);
  }
  return { passed, failed, skipped };
}
