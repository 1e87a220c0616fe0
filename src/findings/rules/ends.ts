/** Who sent what was dropped, and who was to receive it: the service may be here, or at the other end. */
import type { Incident } from "../incident.ts";
import type { Command } from "../rule.ts";
import { serviceSide } from "../service-of.ts";
import type { Subject } from "../subject.ts";
import { peersText, serviceText } from "./phrases.ts";
import { portOf } from "./signs.ts";

type Sender = "client" | "service";

/** LOOPBACK_IFINDEX of include/net/flow.h (Linux 6.18). */
const LOOPBACK_IFINDEX = 1;

/**
 * Undefined where it is not known, and where it may be both: on the loopback device and in a router the drops
 * of both ways are one incident.
 */
function senderIn({ direction, ifindex, example }: Incident): Sender | undefined {
  if (example === undefined || ifindex === LOOPBACK_IFINDEX) return undefined;
  if (direction !== "rx" && direction !== "tx") return undefined;
  const side = serviceSide(example);
  if (side === undefined) return undefined;
  return side.isSource ? "service" : "client";
}

function senderOf({ incidents }: Subject): Sender | undefined {
  const [first, ...others] = new Set(incidents.map(senderIn));
  return others.length === 0 ? first : undefined;
}

/** Addresses that sent it, as far as they are known. */
export function sendersOf({ incidents }: Subject): readonly string[] {
  const addresses = incidents.flatMap((incident) =>
    senderIn(incident) === "service" ? (incident.service?.address ?? []) : [...incident.peers.values()],
  );
  return [...new Set(addresses)];
}

/** "of 192.0.2.2:80", or "between 1 client (192.0.2.1) and 192.0.2.2:80". */
export function senderText(subject: Subject, of: "of" | "from" = "of"): string {
  const sender = senderOf(subject);
  if (sender === undefined) return betweenText(subject, of);
  return `${of} ${sender === "client" ? peersText(subject) : serviceText(subject)}`;
}

/** "192.0.2.2:80", "1 client (192.0.2.1)", or what the text can do without. */
export function receiverText(subject: Subject, otherwise: string): string {
  const sender = senderOf(subject);
  if (sender === undefined) return otherwise;
  return sender === "client" ? serviceText(subject, otherwise) : peersText(subject);
}

/** "from 1 client (192.0.2.1) to 192.0.2.2:80", or "between" both. */
export function wayText(subject: Subject): string {
  const sender = senderOf(subject);
  if (sender === undefined) return betweenText(subject, "of");
  const [client, service] = [peersText(subject), serviceText(subject)];
  return sender === "client" ? `from ${client} to ${service}` : `from ${service} to ${client}`;
}

function betweenText(subject: Subject, of: string): string {
  if (subject.peers.length === 0 && subject.services.length === 0) return `${of} peers that are not known`;
  return `between ${peersText(subject)} and ${serviceText(subject)}`;
}

/** Sockets of the connections at this end: the port is the service's. */
export function ssOfPort(subject: Subject, options: string): Command {
  const port = portOf(subject);
  if (port === undefined) return ["ss", options];
  const sender = senderOf(subject);
  if (sender === undefined) return ["ss", options, `sport = :${port} or dport = :${port}`];
  const isServiceHere = sender === (subject.direction === "tx" ? "service" : "client");
  return ["ss", options, `${isServiceHere ? "sport" : "dport"} = :${port}`];
}
