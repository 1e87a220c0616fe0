/** What is said on stderr: losses while they happen, and the account at the end. */
import type { LostEvent, ReasonCount, SummaryEvent } from "../event.ts";
import { reasonRow } from "../reasons/index.ts";
import { harmless, reasonText } from "./text.ts";

export function formatLostWords({ count, total }: LostEvent): string {
  return `${count} drops were lost: the ring buffer was full (${total} in all). A larger --buffer, --no-stack or a filter helps.\n`;
}

const UNDECODABLE: Readonly<Record<string, string>> = {
  header_not_linear: "the IP header is not in the linear part of the skb",
  header_not_set: "the IP header is not set yet, or is none",
  record: "the record is damaged",
};

/** The identity on one line, then the reasons. */
export function formatSummaryWords({ totals, shownByReason, hiddenByReason, undecodableByKind }: SummaryEvent): string {
  const { seen, shown, shownSegments, hidden, filtered, limited, unread, lost, undecodable, missed } = totals;
  const lines = [
    `seen ${seen} = shown ${shown} + hidden ${hidden.normal + hidden.copy} (normal ${hidden.normal}, copy ${hidden.copy}) + filtered ${filtered}` +
      ` + limited ${limited} + unread ${unread} + lost ${lost} + undecodable ${undecodable}; missed at most ${missed}`,
  ];
  if (shownSegments !== shown) lines.push(`the ${shown} shown stand for ${shownSegments} segments on the wire`);
  for (const [kind, count] of Object.entries(undecodableByKind)) lines.push(`undecodable ${count}: ${UNDECODABLE[kind] ?? kind}`);
  lines.push(...shownByReason.map((one) => reasonLine(one)));
  if (hiddenByReason.length > 0)
    lines.push(`hidden as harmless (-a shows them): ${hiddenByReason.map((one) => `${harmless(reasonText(one))} ${one.count}`).join(", ")}`);
  return `${lines.join("\n")}\n`;
}

function reasonLine(one: ReasonCount): string {
  return `${String(one.count).padStart(8)}  ${harmless(reasonText(one)).padEnd(24)} ${one.class.padEnd(9)} ${reasonRow(one.reason).advice}`;
}
