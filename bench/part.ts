/** One part of the bench, and its findings. */

export interface BenchOptions {
  /** A trial run: one round, little load. It shows that the bench works; its numbers mean nothing. */
  readonly quick: boolean;
  readonly rounds: number;
  /** Another checkout that is built, to compare with. */
  readonly against?: string | undefined;
  /** Reports progress. */
  readonly progress: (text: string) => void;
}

/** A check: its bound, and whether it is met. */
export interface Check {
  readonly what: string;
  readonly bound: string;
  readonly measured: string;
  readonly met: boolean;
}

export interface Findings {
  readonly lines: readonly string[];
  readonly checks: readonly Check[];
}

export interface Part {
  readonly name: string;
  readonly title: string;
  /** Too long to run unless it is named. */
  readonly onlyByName?: boolean;
  readonly run: (options: BenchOptions) => Promise<Findings>;
}

/** A Markdown table. */
export function markdownTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(columns),
    `|---|${columns
      .slice(1)
      .map(() => "---:|")
      .join("")}`,
    ...rows.map(line),
  ];
}

export function atMost(what: string, value: number, bound: number, digits = 2): Check {
  return {
    what,
    bound: `at most ${Number(bound.toFixed(digits))}`,
    measured: value.toFixed(digits),
    met: value <= bound,
  };
}

export function atLeast(what: string, value: number, bound: number, digits = 1): Check {
  return { what, bound: `at least ${bound}`, measured: value.toFixed(digits), met: value >= bound };
}

export function holds(what: string, met: boolean, measured: string): Check {
  return { what, bound: "holds", measured, met };
}
