/** Words that the texts and commands of rules share. */
import { looksLikeOption } from "../command-text.ts";
import type { NetnsEvidence } from "../evidence.ts";
import { roseIn } from "../evidence.ts";
import { plural } from "../headline.ts";
import type { Command } from "../rule.ts";
import type { Subject } from "../subject.ts";
import { portOf } from "./signs.ts";

const MAX_NAMED = 3;

/** "a, b, c and 2 more". */
export function list(names: readonly string[], max: number = MAX_NAMED): string {
  const more = names.length - max;
  return names.slice(0, max).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/**
 * "192.0.2.2:80", or where no service is known what the text can do without. Those beyond what is kept apart at
 * a site have clients and no service.
 */
export function serviceText(
  { services, incidents }: Subject,
  otherwise: string = "services that are not known",
): string {
  const hasMore = incidents.some(({ service, peers }) => service === undefined && peers.size > 0);
  if (!hasMore) return services.length === 0 ? otherwise : list(services);
  if (services.length === 0) return "services that were not kept apart";
  const more = services.length - MAX_NAMED;
  return more > 0
    ? `${services.slice(0, MAX_NAMED).join(", ")} and at least ${more} more`
    : `${services.join(", ")} and others`;
}

/** The other ends of the services: "1 client (192.0.2.1)", "at least 12 clients". */
export function peersText({ peers, isDistinctCut }: Subject): string {
  const [first] = peers;
  if (first === undefined) return "clients that are not known";
  if (peers.length === 1 && !isDistinctCut) return `1 client (${first})`;
  return `${isDistinctCut ? "at least " : ""}${plural(peers.length, "client")}`;
}

/** "5 SYNs", "at least 3 segments", "at most 5 SYNs": of refused ones the number may be an upper bound. */
export function countText(subject: Bounded & Pick<Subject, "count">, what: string): string {
  return `${boundText(subject)}${plural(subject.count, what)}`;
}

/** The verb behind `countText`. */
export function wereText({ count }: Pick<Subject, "count">): string {
  return count === 1 ? "was" : "were";
}

type Bounded = Pick<Subject, "isAtLeast"> & Partial<Pick<Subject, "isAtMost">>;

/** What stands before a number: "at least ", "at most ", nothing where it is exact. */
export function boundText({ isAtLeast, isAtMost = false }: Bounded): string {
  // What was not read may be more than what was counted too much.
  if (isAtLeast && isAtMost) return "about ";
  if (isAtLeast) return "at least ";
  return isAtMost ? "at most " : "";
}

/** "rtc0", or its index where the name is not known. */
export function deviceText({ ifnames, ifindex }: Pick<Subject, "ifnames" | "ifindex">): string {
  const [name] = ifnames;
  return (
    name ?? (ifindex === undefined ? "an interface that is not known" : `the interface with index ${ifindex}`)
  );
}

/** "TcpExtListenDrops rose by 3", of those that rose; nothing where counters were not read. */
export function counterLines(
  netns: NetnsEvidence | undefined,
  ...counters: readonly string[]
): readonly string[] {
  return counters.flatMap((counter) => {
    const rose = roseIn(netns, counter) ?? 0;
    return rose > 0 ? [`${counter} rose by ${rose}`] : [];
  });
}

/** "net.core.somaxconn is 4096", of those that were read. */
export function sysctlLines(
  netns: NetnsEvidence | undefined,
  ...paths: readonly string[]
): readonly string[] {
  return paths.flatMap((path) => {
    const value = netns?.sysctl?.get(path);
    return value === undefined
      ? []
      : [`${path.replaceAll("/", ".")} is ${value.trim().replace(/\s+/g, " ")}`];
  });
}

/** Listening sockets of the service. */
export function ssOfListener(subject: Subject): Command {
  const port = portOf(subject);
  return port === undefined ? ["ss", "-ltnp"] : ["ss", "-ltnp", `sport = :${port}`];
}

/** A command about the first device whose name is known; none without one. */
export function onDevice({ ifnames }: Subject, command: (ifname: string) => Command): readonly Command[] {
  const [ifname] = ifnames;
  return ifname === undefined || looksLikeOption(ifname) ? [] : [command(ifname)];
}

/** Source and destination of the example's packet. */
export function exampleEnds({ example }: Subject): {
  readonly source: string | undefined;
  readonly destination: string | undefined;
} {
  return { source: example?.flow?.saddr, destination: example?.flow?.daddr };
}

/** `ip`, or `ip -6` as it is wanted for the addresses of the subject. */
export function ipCommand({ incidents }: Subject, ...words: readonly string[]): Command {
  return incidents[0]?.ip === 6 ? ["ip", "-6", ...words] : ["ip", ...words];
}
