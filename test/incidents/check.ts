/** Compares what was made with what was shown: every drop of an incident, once, and nothing else. */
import type { Count, Expected, ExpectedDrops } from "./incident.ts";
import type { Line, Traced } from "./trace.ts";

/** How a complaint begins where drops are missing. */
export const FEWER = "too few ";

/** What is wrong, a sentence each; nothing if all is as it must be. */
export function complaintsOf(expected: Expected, { made, lines }: Traced): readonly string[] {
  const complaints: string[] = [];
  const shown: Readonly<Record<string, number>> = {
    ...shownDrops(expected, lines, complaints),
    refused: refusedSyns(expected, lines, complaints),
    copies: Number(summaryOf(lines)["hidden_copy"]),
  };
  const counts = { ...made.drops, refused: made.refused ?? 0, copies: made.copies ?? 0 };
  for (const [name, count] of Object.entries(counts)) compare(name, shown[name] ?? 0, count, complaints);
  for (const { of, count } of made.sums ?? []) {
    const sum = of.reduce((total, name) => total + (shown[name] ?? 0), 0);
    compare(of.join(" + "), sum, count, complaints);
  }
  for (const outcome of ["limited", "unread", "lost", "undecodable"])
    compare(outcome, Number(summaryOf(lines)[outcome]), 0, complaints);
  return complaints;
}

/** How many of each expected kind; what is of none is a complaint. */
function shownDrops(
  { drops, beside = [] }: Expected,
  lines: readonly Line[],
  complaints: string[],
): Record<string, number> {
  const kinds = Object.entries(drops);
  const shown: Record<string, number> = {};
  const strange = new Map<string, number>();
  for (const drop of lines.filter(({ type }) => type === "drop")) {
    const kind = kinds.find(([, wanted]) => matches(drop, wanted))?.[0];
    if (kind !== undefined) shown[kind] = (shown[kind] ?? 0) + 1;
    else if (!beside.includes(`${String(drop["reason"])} ${String(drop["class"])}`))
      strange.set(describe(drop), (strange.get(describe(drop)) ?? 0) + 1);
  }
  for (const [what, count] of strange) complaints.push(`${count} drops are not of this incident: ${what}`);
  return shown;
}

/** The drops and refused SYNs of the incident itself. */
export function ownEvents({ drops, refused }: Expected, lines: readonly Line[]): readonly Line[] {
  const kinds = Object.values(drops);
  return lines.filter(
    (line) =>
      (line.type === "drop" && kinds.some((wanted) => matches(line, wanted))) ||
      (line.type === "refused" && refused !== undefined),
  );
}

function matches(drop: Line, wanted: ExpectedDrops): boolean {
  return (
    drop["reason"] === wanted.reason &&
    (wanted.in === undefined || functionOf(drop) === wanted.in) &&
    drop["class"] === wanted.class &&
    drop["direction"] === wanted.direction &&
    drop["ifname"] === wanted.device &&
    drop["tunnel"] === (wanted.tunnel ?? false) &&
    endsOf(drop).includes(wanted.service)
  );
}

/** The function that freed the skb: "nft_do_chain+0x46f [nf_tables]" is nft_do_chain. */
function functionOf(drop: Line): string | undefined {
  return /^[\w.]+?(?=\+|$|\.)/.exec(String(drop["location"]))?.[0];
}

function endsOf(drop: Line): readonly string[] {
  return [
    `${String(drop["saddr"])}:${String(drop["sport"])}`,
    `${String(drop["daddr"])}:${String(drop["dport"])}`,
  ];
}

function describe(drop: Line): string {
  const words = ["reason", "class", "direction", "ifname", "state", "flags", "tunnel", "location"]
    .map((name) => JSON.stringify(drop[name] ?? "-"))
    .join(" ");
  return `${words}, to port ${String(drop["dport"])}`;
}

function refusedSyns({ refused }: Expected, lines: readonly Line[], complaints: string[]): number {
  let sum = 0;
  for (const line of lines.filter(({ type }) => type === "refused")) {
    const count = Number(line["count"]);
    sum += count;
    const port = refused?.service.split(":").at(-1);
    if (refused?.causes.some((cause) => cause === line["cause"]) !== true || String(line["dport"]) !== port)
      complaints.push(`${count} refused SYNs are not of this incident: ${String(line["cause"])}`);
  }
  return sum;
}

function summaryOf(lines: readonly Line[]): Line {
  const summary = lines.findLast(({ type }) => type === "summary");
  if (summary === undefined) throw new Error("The run wrote no summary");
  return summary;
}

function compare(what: string, shown: number, made: Count, complaints: string[]): void {
  const [least, most] = typeof made === "number" ? [made, made] : made;
  const wanted = least === most ? String(least) : `${least} to ${most}`;
  if (shown < least) complaints.push(`${FEWER}${what}: ${wanted} made, ${shown} shown`);
  if (shown > most) complaints.push(`${what}: ${wanted} made, ${shown} shown`);
}
