/** `tcpdrop doctor --rights`: what a run needs rights for, when, and which of them this process has. */
import { EXIT } from "../../errors.ts";
import { type HeldNeed, listNeeds } from "../../host/authority.ts";
import { readRights } from "../../host/capabilities.ts";
import type { When } from "../../host/needs.ts";
import { missingToTrace, obstacleTo } from "../../host/trace-rights.ts";
import { print } from "../print.ts";

const WHEN: Readonly<Record<When, string>> = {
  start: "until it is attached",
  running: "while it runs",
  end: "at the end",
};

/** Asks nothing of the kernel but this process's own rights. */
export function printRights(): number {
  const rights = readRights();
  const needs = listNeeds({ cost: true, namespaces: true, owners: true }, rights);
  print(needs.map(formatNeed).join("\n"));
  const obstacle = obstacleTo(rights);
  if (obstacle !== undefined) print(`\nAll the same: ${obstacle.what}. ${obstacle.hint}\n`);
  return missingToTrace(rights).length === 0 ? EXIT.done : EXIT.notPermitted;
}

function formatNeed({ name, what, capabilities, when, only, without, missing }: HeldNeed): string {
  const mark = missing === undefined ? "?" : missing.length === 0 ? "yes" : "no";
  const lines = [
    `${mark.padEnd(4)}${name.padEnd(12)}${capabilities.join(", ")}: ${when.map((at) => WHEN[at]).join(", ")}`,
    `to ${what}`,
    ...(only === undefined ? [] : [`only: ${only}`]),
    `without: ${without}`,
  ];
  return `${lines.join(`\n${" ".repeat(16)}`)}\n`;
}
