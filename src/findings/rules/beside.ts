/** What drops of TCP do not show: drops of the hardware, and captures that run beside. */
import { looksLikeOption } from "../command-text.ts";
import { type NetnsEvidence, roseIn } from "../evidence.ts";
import type { MachineRule, Rule, RunRule } from "../rule.ts";
import { list } from "./phrases.ts";
import { isReason } from "./signs.ts";

/** A few frames of protocols that nobody handles are dropped on every network. */
const FEW = 10;
const LOOPBACK = "lo";

interface Lossy {
  readonly name: string;
  readonly dropped: number;
  readonly errors: number;
}

const HARDWARE_DROPS: MachineRule = {
  about: "machine",
  id: "hardware-drops",
  title: "A device dropped before the kernel saw it",
  severity: "info",
  needs: ["counters"],
  signs:
    `The device counts receive errors, or at least ${FEW} dropped frames (rx_dropped, which has missed ` +
    `ones too) ` +
    "that the drops seen here do not explain.",
  against: "Drops of the CPU backlog; frames of protocols that nobody handles count as dropped too.",
  judge: (netns, { incidents }) => {
    const explained = incidents
      .filter((one) => one.netns === netns.inode && isReason(one, "CPU_BACKLOG", "UNHANDLED_PROTO"))
      .reduce((sum, { count }) => sum + count, 0);
    const lossy = lossyDevices(netns).filter(
      ({ dropped, errors }) => errors > 0 || dropped >= FEW + explained,
    );
    const [worst] = lossy;
    if (worst === undefined) return undefined;
    const { name } = worst;
    const hasErrors = lossy.some(({ errors }) => errors > 0);
    return {
      certainty: "possible",
      ...(hasErrors ? { severity: "warning" } : {}),
      text:
        `${list(lossy.map((one) => one.name))} dropped frames that never became visible here: ` +
        `consistent with ` +
        `${hasErrors ? "a bad wire, or " : ""}a receive ring that is too small, or frames of unknown ` +
        `protocols.`,
      evidence: [
        ...lossy.map((one) => `${one.name}: rx_dropped rose by ${one.dropped}, rx_errors by ${one.errors}`),
        `Drops of TCP seen here that explain rx_dropped: ${explained}`,
      ],
      next: looksLikeOption(name)
        ? []
        : [
            ["ethtool", "-S", name],
            ["ip", "-s", "-s", "link", "show", "dev", name],
            ["ethtool", "-g", name],
          ],
    };
  },
  refute:
    "Counters of missed frames (ip -s -s link) and ring or FIFO counters (ethtool -S) that stay as they are.",
  advice: [
    {
      action: "Raise the receive ring if it misses frames: ethtool -G DEVICE rx N",
      why: "what the hardware drops has no skb, and no program of the kernel sees it",
      risk: "the link may go down for a moment",
    },
    { action: "With errors: exchange cable, transceiver and port" },
  ],
  sources: [
    "net/core/net-procfs.c: dev_seq_printf_stats(): rx_dropped and rx_missed_errors (Linux 6.18)",
    "Documentation/networking/statistics.rst",
  ],
};

const CAPTURE_BESIDE: RunRule = {
  about: "run",
  id: "capture-beside",
  title: "A capture lost copies",
  severity: "info",
  needs: [],
  signs: "Drops of class copy: copies for packet or raw sockets that were not read.",
  against: "Nothing: the kernel shows that only the copy was dropped.",
  judge: ({ summary: { totals, hiddenByReason } }) => {
    const { copy } = totals.hidden;
    if (copy === 0) return undefined;
    const reasons = hiddenByReason
      .filter(({ class: dropClass }) => dropClass === "copy")
      .map(({ reason, count }) => `${count} for ${reason ?? "no reason"}`);
    return {
      certainty: "certain",
      text:
        `${copy === 1 ? "1 copy" : `${copy} copies`} of segments for a packet or raw socket ${copy === 1 ? "was" : "were"} dropped: a ` +
        `capture ` +
        "does not read fast enough, or has ended. The segments themselves went on.",
      count: copy,
      evidence: reasons.slice(0, FEW),
      next: [["ss", "-0ap"]],
    };
  },
  refute: "A connection that lost data at the same time: then other drops show it.",
  advice: [
    {
      action: "If the capture matters: give it a larger buffer (tcpdump -B), a filter or a snap length",
      why: "it misses what was dropped",
    },
  ],
  sources: [
    "net/packet/af_packet.c: packet_rcv(), tpacket_rcv(), packet_release(); net/ipv4/raw.c (Linux 6.18)",
  ],
};

/** Most errors first. */
function lossyDevices(netns: NetnsEvidence): readonly Lossy[] {
  const names = [...(netns.rose?.keys() ?? [])].flatMap((key) => /^(.+)\.rx_dropped$/.exec(key)?.[1] ?? []);
  return names
    .filter((name) => name !== LOOPBACK)
    .map((name) => ({
      name,
      // The two come from one line of /proc/net/dev, but each by itself may have begun anew.
      dropped: roseIn(netns, `${name}.rx_dropped`) ?? 0,
      errors: roseIn(netns, `${name}.rx_errors`) ?? 0,
    }))
    .filter(({ dropped, errors }) => dropped + errors > 0)
    .toSorted((a, b) => b.errors - a.errors || b.dropped - a.dropped);
}

export const BESIDE_RULES: readonly Rule[] = [HARDWARE_DROPS, CAPTURE_BESIDE];
