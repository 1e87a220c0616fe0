/**
 * What the report at the end of a run costs for each event while the run goes on. Nothing is traced, so root is
 * not needed.
 *
 *     node dist/bench/observe.js [EVENTS] [ROUNDS]
 *
 * By CPU time of the process, in nanoseconds for each event: the median of the rounds and the best; `garbage B`
 * is what an event leaves on the heap.
 */
import { Incidents } from "../src/findings/incidents.ts";
import type { DropEvent } from "../src/model/index.ts";
import { benchEvents, dropRecords } from "./drop-records.ts";
import { formatNumber, median } from "./statistics.ts";

const WARM_UP_ROUNDS = 5;
/** More than the budget saves up: whatever the clock shows between two looks at it, events are looked at. */
const SECOND_MS = 1000;
const NAME_WIDTH = 26;

interface Row {
  readonly name: string;
  readonly events: readonly DropEvent[];
  /** Makes what observes the events of a round. */
  readonly incidents: () => Incidents;
  readonly ns: number[];
  readonly garbage: number[];
}

const [count = 20_000, rounds = 15] = process.argv.slice(2).map(Number);
const storm = eventsOf(count, false);
/** Those of the first quarters fill the sets of distinct addresses. */
const flood = eventsOf(4 * count, true);
const newest = flood.slice(3 * count);
const harmless = storm.map((event): DropEvent => ({ ...event, class: "normal" }));

const kept = eager();
const full = eager();
for (const event of flood.slice(0, 3 * count)) full.observe(event);
const spent = new Incidents(() => 0);
for (let time = 0; time < 2; time += 1) for (const event of storm) spent.observe(event);

const ROWS: readonly Row[] = [
  row("known flow", storm, () => kept),
  row("new flow", newest, eager),
  row("new flow, sets are full", newest, () => full),
  row("passed over", storm, () => spent),
  row("harmless", harmless, () => kept),
];

for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1)
  for (const one of ROWS) measure(one, round >= 0);
printRow("", ["ns", "best", "garbage B"]);
for (const { name, ns, garbage } of ROWS)
  printRow(
    name,
    [median(ns), Math.min(...ns), median(garbage)].map((value) => formatNumber(value)),
  );

function measure({ events, incidents, ns, garbage }: Row, counts: boolean): void {
  const observer = incidents();
  const heapBefore = process.memoryUsage().heapUsed;
  const before = process.cpuUsage();
  for (let at = 0; at < events.length; at += 1) observer.observe(events[at] as DropEvent);
  const { user, system } = process.cpuUsage(before);
  const grown = process.memoryUsage().heapUsed - heapBefore;
  if (!counts) return;
  ns.push(((user + system) * 1e3) / events.length);
  garbage.push(grown / events.length);
}

/** Looks at all events: its clock is a second later each time. */
function eager(): Incidents {
  let nowMs = 0;
  return new Incidents(() => {
    nowMs += SECOND_MS;
    return nowMs;
  });
}

/** Made twice, so that flows that come again are known to. */
function eventsOf(records: number, newFlows: boolean): readonly DropEvent[] {
  const { offsets, lengths, ...memory } = dropRecords(records, { stacks: false, newFlows });
  const maker = benchEvents({ offsets, lengths, ...memory }, false);
  const make = (): readonly DropEvent[] =>
    Array.from(offsets, (offset, at) => maker.make(offset, lengths[at] ?? 0, at));
  make();
  return make();
}

function row(name: string, events: readonly DropEvent[], incidents: () => Incidents): Row {
  return { name, events, incidents, ns: [], garbage: [] };
}

function printRow(name: string, cells: readonly string[]): void {
  process.stdout.write(`${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(11)).join("")}\n`);
}
