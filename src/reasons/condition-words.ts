/** The conditions of a variant in words, for explain and docs/reasons.md. */
import type { SegmentConditions, SiteConditions, VariantRow } from "./variant.ts";

type Code = (name: string) => string;

/** Parts without an end mark; empty where there are no conditions. `code` dresses names of the kernel. */
export function conditionWords(row: VariantRow, code: Code = (name) => name): readonly string[] {
  return [...kernelWords(row, code), ...socketWords(row, code), ...segmentWords(row)];
}

function kernelWords({ kernelWith, kernelWithout }: SiteConditions, code: Code): readonly string[] {
  return [
    ...(kernelWith === undefined ? [] : [`on kernels with ${kernelWith.map(code).join(" and ")}`]),
    ...(kernelWithout === undefined ? [] : [`on kernels without ${code(kernelWithout)}`]),
  ];
}

function socketWords(row: SegmentConditions, code: Code): readonly string[] {
  const { callers, nearest, states, stateMayBeUnknown, withoutState } = row;
  const parts: string[] = [];
  if (callers !== undefined) parts.push(`called by ${callers.map(code).join(" or ")}`);
  if (nearest !== undefined) parts.push(`the nearest caller is ${nearest.callers.map(code).join(" or ")}`);
  if (states !== undefined)
    parts.push(`state ${states.join(", ")}${stateMayBeUnknown === true ? " or unknown" : ""}`);
  if (withoutState === true) parts.push("no socket has it");
  return parts;
}

function segmentWords(row: SegmentConditions): readonly string[] {
  const { flags, withFlag, withoutFlags, payloadLen, skbLen } = row;
  const parts: string[] = [];
  if (flags !== undefined) parts.push(`only ${flags.join(" and ")}`);
  if (withFlag !== undefined) parts.push(`with ${withFlag}`);
  if (withoutFlags !== undefined) parts.push(`without ${withoutFlags.join(", ")}`);
  if (payloadLen !== undefined) parts.push(`${payloadLen} byte${payloadLen === 1 ? "" : "s"} of payload`);
  if (skbLen !== undefined) parts.push(`${skbLen} bytes of skb`);
  if (row.notUnicast === true) parts.push("to a multicast address, 0.0.0.0 or 255.255.255.255");
  if (row.copy === "socket") parts.push("the copy of a packet or raw socket");
  if (row.copy === "timestamp") parts.push("a clone made for a time stamp");
  if (row.acksNewData === true) parts.push("acknowledges data that was sent, and not acknowledged before");
  if (row.windowClosed === true) parts.push("the socket's receive window is closed");
  if (row.ownMac === true) parts.push("sent to the interface's own MAC address");
  return parts;
}
