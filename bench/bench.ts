/**
 * Measures what tracing costs, next to other tools: all parts but the soak, or those that are named.
 *
 *     npm run bench -- [storm] [cost] [...] [--quick] [--rounds N] [--write]
 *
 * --quick is a trial run of some minutes; --write puts the findings into docs/performance.md. Needs root and
 * a quiet machine. tools/install-bench-tools.sh installs the peers. Traffic stays in network namespaces that
 * vanish with this process. Exit code 1: a check failed (never in a trial run, whose numbers mean nothing);
 * 2: wrong usage.
 */
import { parseArgs } from "node:util";
import type { Part } from "./part.ts";
import { against } from "./parts/against.ts";
import { churnPart } from "./parts/churn.ts";
import { cost } from "./parts/cost.ts";
import { knee } from "./parts/knee.ts";
import { memory } from "./parts/memory.ts";
import { million } from "./parts/million.ts";
import { ownerSection } from "./parts/owner-section.ts";
import { owners, ownersMillion } from "./parts/owners.ts";
import { soak } from "./parts/soak.ts";
import { stacks } from "./parts/stacks.ts";
import { stall } from "./parts/stall.ts";
import { startUp } from "./parts/start-up.ts";
import { steady } from "./parts/steady.ts";
import { storm } from "./parts/storm.ts";
import { victim } from "./parts/victim.ts";
import { circumstances, section, writeSections } from "./report.ts";

const PARTS: readonly Part[] = [
  storm,
  cost,
  ownerSection,
  owners,
  ownersMillion,
  million,
  knee,
  steady,
  stacks,
  stall,
  startUp,
  victim,
  churnPart,
  memory,
  soak,
  against,
];
const ROUNDS = "5";

const { values: flags, positionals } = asked();
const rounds = Number(flags.rounds ?? (flags.quick ? 1 : ROUNDS));
if (!Number.isInteger(rounds) || rounds < 1) refuse(`--rounds ${flags.rounds} is not a number of rounds`);
const unknown = positionals.filter((name) => PARTS.every((part) => part.name !== name));
if (unknown.length > 0)
  refuse(
    `There is no part ${unknown.join(" or ")}; the parts are ${PARTS.map(({ name }) => name).join(", ")}`,
  );
// Children are ended when this process exits, but not when a signal kills it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

const options = {
  quick: flags.quick,
  rounds,
  against: flags.against,
  progress: (text: string) => void process.stderr.write(`${text}\n`),
};
for (const part of PARTS.filter(({ name, onlyByName }) =>
  positionals.length === 0 ? onlyByName !== true : positionals.includes(name),
)) {
  try {
    await run(part);
  } catch (failure) {
    // Measure the other parts all the same.
    process.stderr.write(
      `${part.name} failed: ${failure instanceof Error ? failure.stack : String(failure)}\n`,
    );
    process.exitCode = 1;
  }
}

async function run(part: Part): Promise<void> {
  const where = circumstances(options);
  const found = await part.run(options);
  const text = section(part, where, found);
  process.stdout.write(`${text}\n\n`);
  // Written part by part, so that a later failure loses nothing.
  const names = PARTS.map(({ name }) => name);
  if (flags.write) writeSections(names, new Map([[part.name, text]]));
  if (!flags.quick && found.checks.some(({ met }) => !met)) process.exitCode = 1;
}

function asked() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: "boolean", default: false },
        rounds: { type: "string" },
        against: { type: "string" },
        write: { type: "boolean", default: false },
      },
    });
  } catch (failure) {
    return refuse(failure instanceof Error ? failure.message : String(failure));
  }
}

function refuse(why: string): never {
  process.stderr.write(
    `${why}\nUsage: npm run bench -- [PART...] [--quick] [--rounds N] [--write] [--against DIR]\n`,
  );
  process.exit(2);
}
