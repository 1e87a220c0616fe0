/**
 * The source of event-lines.gen.ts: the steps of each kind of event written out, a call for each field.
 *
 * In a loop over steps each call can reach the getter of any field: the engine neither inlines it nor
 * foresees it. Written out, each call has one target, which saves a quarter of the time from an event to its
 * line.
 */
import { KINDS, type Kind } from "../../src/model/index.ts";
import { eventSteps } from "../../src/sinks/json-steps.ts";
import type { Step } from "../../src/sinks/json-values.ts";

type Write = Step<never>["write"];

export function eventLinesSource(): string {
  const used = new Set(KINDS.flatMap((kind) => eventSteps(kind).flatMap(writesOf)));
  const imports = [...used].map(writerOf).toSorted();
  return `/**
 * Lines of JSON for events, written out. Rendered from src/model/fields by tools/render-fields.ts: change these.
 */
import type { Event, Kind } from "../model/index.ts";
import type { EventSteps } from "./event-steps.ts";
import {
${imports.map((name) => `  ${name},\n`).join("")}} from "./json-values.ts";
import type { Writer } from "./writer.ts";

/** Of a line up to its closing brace. */
export const EVENT_WRITERS: Readonly<Record<Kind, (steps: EventSteps) => Writer<Event>>> = {
${KINDS.map((kind) => `  ${kind}: ${kind}Writer,\n`).join("")}};
${KINDS.map(functionOf).join("")}`;
}

function functionOf(kind: Kind): string {
  const steps = eventSteps(kind);
  const takes = steps.map((step, at) => takeOf(`s${at}`, "steps", step));
  const calls = steps.map(({ write, name }, at) =>
    write === "group"
      ? `    writeGroup(s${at}, event.${name}, event, out, s${at}_fields);\n`
      : `    ${callOf(`s${at}`, write)};\n`,
  );
  return `
function ${kind}Writer(steps: EventSteps): Writer<Event> {
${takes.join("")}  steps.demandAll();
  return (event, out) => {
${calls.join("")}  };
}
`;
}

/** A group's fields are written by a function of its own, where their text is not kept yet. */
function takeOf(name: string, from: string, step: Step<never>): string {
  const take = `  const ${name} = ${from}.take("${step.write}", "${step.name}");\n`;
  if (step.write !== "group") return take;
  const { steps } = step;
  const fields = steps.map(({ write }, at) => `    ${callOf(`${name}_${at}`, write)};\n`);
  return `${take}  const ${name}_steps = steps.of(${name});
${steps.map((inner, at) => takeOf(`${name}_${at}`, `${name}_steps`, inner)).join("")}  const ${name}_fields: Writer<Event> = (event, out) => {
${fields.join("")}  };
`;
}

function callOf(name: string, write: Write): string {
  return `${writerOf(write)}(${name}, ${name}.get(event), out)`;
}

function writesOf(step: Step<never>): readonly Write[] {
  return step.write === "group" ? [step.write, ...step.steps.flatMap(writesOf)] : [step.write];
}

function writerOf(write: Write): string {
  return `write${write[0]?.toUpperCase()}${write.slice(1)}`;
}
