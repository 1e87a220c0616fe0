/** All scenarios: one per file, in the folders beside this file. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Family } from "../../../src/lab/hosts.ts";
import type { Path } from "../../../src/lab/topology.ts";
import type { Scenario } from "./scenario.ts";

export interface NamedScenario extends Scenario {
  /** Folder and file: "tcp/closed-port". */
  readonly name: string;
}

/** One variant of a scenario. */
export interface Variant {
  readonly scenario: NamedScenario;
  readonly family: Family;
  readonly path: Path;
}

export async function discoverScenarios(): Promise<readonly NamedScenario[]> {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.includes("/") && file.endsWith(".js"),
  );
  const modules = files.toSorted().map(async (file) => {
    const { scenario } = (await import(join(import.meta.dirname, file))) as { scenario?: Scenario };
    if (scenario === undefined) throw new Error(`${file} exports no scenario`);
    return { ...scenario, name: file.replace(/\.js$/, "") };
  });
  return Promise.all(modules);
}

export function variantsOf(scenario: NamedScenario): readonly Variant[] {
  return scenario.paths.flatMap((path) => scenario.families.map((family) => ({ scenario, family, path })));
}

export function variantName({ scenario, family, path }: Variant): string {
  return `${scenario.name} IPv${family} ${path}: ${scenario.title}`;
}
