/** Traces one incident with the built command line, as a person would, and keeps what it wrote. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { EXIT } from "../../src/errors.ts";
import { RunningCommand } from "../cli/command-line.ts";
import type { Made, NamedIncident } from "./incident.ts";
import { Lab } from "./lab.ts";

const INSTALLED = fileURLToPath(new URL("../../bin/cli/main.cjs", import.meta.url));

/** A line of the NDJSON file. */
export interface Line {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface Traced {
  readonly made: Made;
  readonly lines: readonly Line[];
  /** The words that were given to tcpdrop. */
  readonly words: readonly string[];
  readonly screen: string;
  readonly messages: string;
}

/** How long nothing more is written once all is: where only a sum is known, longer. */
const QUIET_MS = 100;
const QUIET_OF_SUMS_MS = 300;
const LIMIT_MS = 10_000;

/** Waits until what was made is written, which may take a busy machine seconds, and then nothing more is. */
async function written(file: string, { drops, sums }: Made): Promise<void> {
  const quietMs = sums === undefined ? QUIET_MS : QUIET_OF_SUMS_MS;
  const least = Object.values(drops).reduce<number>(
    (sum, count) => sum + (typeof count === "number" ? count : count[0]),
    0,
  );
  const countLines = (): number => readFileSync(file, "latin1").split("\n").length - 1;
  const until = performance.now() + LIMIT_MS;
  for (let before = -1, now = 0; (now < least || now > before) && performance.now() < until; ) {
    before = now;
    await sleep(quietMs);
    now = countLines();
  }
}

/** Builds the incident, runs it while it is traced, and lets `look` see the result before all is removed. */
export async function traceIncident<T>(
  incident: NamedIncident,
  look: (traced: Traced, lab: Lab) => T | Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "tcpdrop-incident-"));
  try {
    await using lab = await Lab.open(incident);
    const file = join(folder, "drops.ndjson");
    const words = ["--netns", lab.netnsArgument(incident.watch), "--report"];
    await using command = new RunningCommand([...words, "-w", file], process.execPath, [INSTALLED]);
    await command.attached();
    const made = await incident.run(lab);
    await written(file, made);
    await sleep(incident.quietMs ?? 0);
    const { code } = await command.end("SIGINT");
    if (code !== EXIT.done) throw new Error(`tcpdrop ended with ${code}: ${command.stderr}`);
    const lines = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Line);
    const { goOn } = incident;
    const going = goOn === undefined ? undefined : lab.load(goOn.load);
    await sleep(goOn?.lookAfterMs ?? 0);
    const result = await look({ made, lines, words, screen: command.stdout, messages: command.stderr }, lab);
    await going;
    return result;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
