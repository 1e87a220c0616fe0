/** One event in one line: who to whom, what, why and where. */
import type { Event } from "../model/index.ts";

export function exampleText(event: Event): string {
  const { flow, site, socket } = event;
  const flags = event.kind === "drop" ? event.packet.flags : undefined;
  const ends = `${end(flow?.saddr, flow?.sport)} > ${end(flow?.daddr, flow?.dport)}`;
  const what = flags === undefined ? "" : ` (${flags.join("|")})`;
  const reason =
    site.reason ?? (site.reasonCode === undefined ? "no reason given" : `reason ${site.reasonCode}`);
  const where = site.location === undefined ? "" : ` at ${site.location}`;
  return `${ends} ${socket?.state ?? "-"}${what} ${reason}${where}`;
}

function end(address: string | undefined, port: number | undefined): string {
  const host = address === undefined ? "?" : address.includes(":") ? `[${address}]` : address;
  return `${host}:${port ?? "?"}`;
}
