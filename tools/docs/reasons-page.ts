/** Renders docs/reasons.md from the tables; tools/render-reasons.ts writes and checks it. */
import type { CounterRule, EventMatch } from "../../src/reasons/counter-rule.ts";
import { DEVICE_REASONS } from "../../src/reasons/devices.ts";
import { COUNTER_RULES, conditionWords, REASONS, VARIANTS } from "../../src/reasons/index.ts";
import { IP_REASONS } from "../../src/reasons/ip.ts";
import { LISTEN } from "../../src/reasons/listen.ts";
import { POLICY_AND_QUEUE_REASONS } from "../../src/reasons/policy-and-queues.ts";
import type { ReasonRow } from "../../src/reasons/reason-row.ts";
import { SOCKET_REASONS } from "../../src/reasons/socket.ts";
import { TCP_CONTROL_REASONS } from "../../src/reasons/tcp-control.ts";
import { TCP_RECEIVE_REASONS } from "../../src/reasons/tcp-receive.ts";

const of = (subsystem: string): readonly ReasonRow[] => REASONS.filter((row) => row.subsystem === subsystem);

const GROUPS: readonly (readonly [string, readonly ReasonRow[]])[] = [
  ["TCP: queues, memory, window, sequence, timestamps", TCP_RECEIVE_REASONS],
  ["TCP: flags, acknowledgements, signatures, encryption", TCP_CONTROL_REASONS],
  ["Sockets", SOCKET_REASONS],
  ["IP", IP_REASONS],
  ["Firewalls, BPF, tc and queues", POLICY_AND_QUEUE_REASONS],
  ["Next hops, devices, tunnels, bridges", DEVICE_REASONS],
  ["Open vSwitch (subsystem OPENVSWITCH)", of("OPENVSWITCH")],
  ["Qdiscs (subsystem QDISC)", of("QDISC")],
  ["Wi-Fi (subsystem MAC80211_UNUSABLE)", of("MAC80211_UNUSABLE")],
  ["Wi-Fi (subsystem MAC80211_MONITOR, up to 6.14)", of("MAC80211_MONITOR")],
  ["SYNs refused by listening sockets (not reasons of the kernel)", of(LISTEN)],
];

const INTRODUCTION = `# Drop reasons

What each drop reason means for the people who run the machine; \`tcpdrop explain REASON\` prints the same. The
numbers are not here: they differ between kernels, and are read from the running one. \`IFACE\`, \`SADDR\` and
\`DADDR\` in the advice stand for the values of the event. This page is rendered from \`src/reasons/\`
(\`tools/render-reasons.ts\`).

| class | what it means | shown by default |
|---|---|---|
| \`loss\` | whoever waits for the segment is not notified; also drops by firewalls and other policies | yes |
| \`refused\` | rejected, and the sender is notified (RST, ICMP ...), or no connection misses it | yes |
| \`duplicate\` | its data had arrived, or newer data has | yes |
| \`normal\` | closing, purging, accounting, frames for other hosts | no |
| \`copy\` | a copy for a packet or raw socket; the packet itself went on | no |

*Counter* rises with the reason, as \`nstat -az\` prints it. *Since* is the first mainline release with the
name, if known; stable branches and distributions backport names. *Place* is where the kernel gives the
reason, in the release that was read.`;

export function reasonsPage(): string {
  return [INTRODUCTION, ...GROUPS.map(group), variants(), counters(), ""].join("\n\n");
}

function group([title, rows]: readonly [string, readonly ReasonRow[]]): string {
  const lines = rows.map((row) =>
    line([
      `\`${row.name}\``,
      row.class,
      row.meaning,
      row.advice,
      row.counter === undefined ? "" : `\`${row.counter}\``,
      row.since ?? "",
      row.kernelSource,
    ]),
  );
  return [
    `## ${title}`,
    "",
    line(["reason", "class", "what happened", "what to do", "counter", "since", "kernel source"]),
    "|---|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

function variants(): string {
  const lines = VARIANTS.map((row) =>
    line([
      `\`${row.id}\``,
      code(row.reasons, ", "),
      code(row.symbols, ", "),
      conditionWords(row, (name) => `\`${name}\``).join("; "),
      row.class,
      row.meaning,
      row.advice,
      row.kernelSource,
    ]),
  );
  return [
    "## Variants: where more than the reason is known",
    "",
    "The first row whose reason, function and conditions match decides meaning, class and advice together;",
    "where none does, the reason's own row above does. A condition that cannot be evaluated does not hold:",
    "without the kernel's symbols, only rows with any function are left.",
    "",
    line([
      "variant",
      "reason",
      "dropped in",
      "condition",
      "class",
      "what happened",
      "what to do",
      "kernel source",
    ]),
    "|---|---|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

/** Names as code; "any" where there are none. */
function code(names: readonly string[] | undefined, separator: string): string {
  return names === undefined ? "any" : names.map((name) => `\`${name}\``).join(separator);
}

function counters(): string {
  const lines = COUNTER_RULES.map((rule) =>
    line([
      names(rule),
      rule.unit,
      events(rule.always),
      events(rule.sometimes),
      rule.mayDiffer,
      rule.kernelSource,
    ]),
  );
  return [
    "## Which drops raise which counter",
    "",
    "The rules of [reconcile](reconcile.md). *Always*: each of these drops raises the counter by one. *May*:",
    "some do, and no event says which. `*` stands for every device; of several counters, a drop raises exactly",
    "one. *Place* is where the kernel counts, in the release that was read.",
    "",
    line(["counter", "counts", "always", "may", "why it may differ", "kernel source"]),
    "|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

function names({ counters: list }: CounterRule): string {
  return list.map((name) => `\`${name}\``).join(" + ");
}

function events(list: readonly EventMatch[]): string {
  return list.map(eventText).join("; ");
}

function eventText(match: EventMatch): string {
  const parts = [
    match.reasons === undefined ? "any reason" : match.reasons.map((reason) => `\`${reason}\``).join(", "),
  ];
  if (match.source === "listener")
    parts[0] = match.reasons === undefined ? "refused SYNs" : `refused SYNs (${match.reasons.join(", ")})`;
  if (match.at !== undefined) parts.push(`in ${match.at.map((symbol) => `\`${symbol}\``).join(", ")}`);
  if (match.family !== undefined) parts.push(`IPv${match.family}`);
  if (match.direction !== undefined) parts.push(match.direction);
  if (match.states !== undefined) parts.push(`in state ${match.states.join(", ")}`);
  if (match.notStates !== undefined) parts.push(`not in state ${match.notStates.join(", ")}`);
  if (match.withFlag !== undefined) parts.push(`with ${match.withFlag}`);
  if (match.withoutFlag !== undefined) parts.push(`without ${match.withoutFlag}`);
  if (match.carries === true) parts.push("with payload or FIN");
  if (match.carries === false) parts.push("without payload and FIN");
  if (match.unicast === true) parts.push("to a unicast address");
  if (match.before !== undefined) parts.push(`on kernels without \`${match.before}\``);
  return parts.join(" ");
}

/** Escapes vertical bars, which would end a cell. */
function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
