/** What a guest's output says about a failure: few lines, because CI prints them. */

/** Lines of one failure. */
const MOST_LINES = 40;
/** Failures inside of one test. */
const MOST_INSIDE = 5;
/** A test that failed, at any depth, with what node:test says about it. */
const BLOCK = /^( *)(not ok \d+ - .*\n) +---\n([\s\S]*?)^ +\.\.\.$/gm;
/** Of a test around another one that failed. */
const AROUND = "failureType: 'subtestsFailed'";
const UNIMPORTANT = /^ *(duration_ms|type|failureType): /;

/**
 * `text` begins after the test before, and the test's own verdict stands at `at`: what is inside of it stands
 * before that, and its own description after it.
 */
export function whyOfTest(text: string, at: number): readonly string[] {
  const own = text.slice(at).search(/^ {2}\.\.\.$/m);
  const blocks = [...text.slice(0, own < 0 ? at : at + own + "  ...".length).matchAll(BLOCK)]
    .map(([, indent = "", name = "", description = ""]) => ({ indent, name, description }))
    .filter(({ description }) => !description.includes(AROUND));
  const shown = blocks.slice(0, MOST_INSIDE).flatMap(({ indent, name, description }) => {
    const lines = description
      .trimEnd()
      .split("\n")
      .filter((line) => !UNIMPORTANT.test(line))
      .map((line) => line.slice(indent.length));
    return [...(indent === "" ? [] : [name.trim()]), ...firstLines(lines)];
  });
  const left = blocks.length - MOST_INSIDE;
  return left > 0 ? [...shown, `... and ${left} more inside it`] : shown;
}

function firstLines(lines: readonly string[]): readonly string[] {
  const left = lines.length - MOST_LINES;
  return left > 0 ? [...lines.slice(0, MOST_LINES), `... and ${left} more lines`] : lines;
}

/** Of a step that failed without a test that says why. */
export function lastLines(text: string): readonly string[] {
  return text.trimEnd().split("\n").slice(-MOST_LINES);
}
