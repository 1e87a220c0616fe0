/** One part of the bench: what it measures, and what it found. */

export interface BenchOptions {
  /** A try: one round, and little load. Its numbers say whether the bench works, and nothing else. */
  readonly quick: boolean;
  readonly rounds: number;
  /** Another checkout that is built, to compare with. */
  readonly against?: string | undefined;
  /** What happens now, for whoever waits. */
  readonly progress: (text: string) => void;
}

/** Something that must hold, and whether it does. */
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
  /** Too long for every time: only where it is named. */
  readonly onlyByName?: boolean;
  readonly run: (options: BenchOptions) => Promise<Findings>;
}

/** A table for a page. */
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
