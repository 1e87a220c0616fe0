/** Wrong checksums: corrupted on the way, or left to a device that did not compute them. */
import { roseIn, whyUnknown } from "../evidence.ts";
import { plural } from "../headline.ts";
import type { DropRule, Rule } from "../rule.ts";
import { sendersOf, senderText } from "./ends.ts";
import { counterLines, countText, deviceText, onDevice } from "./phrases.ts";
import { certaintyFor, isReason } from "./signs.ts";

const WIRE_CORRUPTION: DropRule = {
  about: "drops",
  id: "wire-corruption",
  title: "Corrupted on the wire",
  severity: "critical",
  needs: ["counters"],
  signs: "TCP_CSUM or IP_CSUM while the device that they came by counts receive errors.",
  against: "One peer alone: then the fault is nearer to that peer, or it is checksum offload.",
  matches: (incident) => isReason(incident, "TCP_CSUM", "IP_CSUM"),
  together: "device",
  judge: (subject, netns) => {
    const errors = subject.ifnames.map((name) => `${name}.rx_errors`);
    const rises = errors.flatMap((counter) => roseIn(netns, counter) ?? []);
    if (rises.length === 0)
      return { unknown: errors[0] === undefined ? "the device is not known" : whyUnknown(netns, errors[0]) };
    if (rises.every((rise) => rise === 0)) return undefined;
    return {
      certainty: certaintyFor(subject, sendersOf(subject).length > 1 ? "likely" : "possible"),
      text:
        `${countText(subject, "segment")} ${senderText(subject, "from")} came in by ${deviceText(subject)} ` +
        `with a wrong ` +
        "checksum, and the device counts errors: consistent with a bad cable, port or transceiver.",
      evidence: counterLines(netns, ...errors, "TcpInCsumErrors", "IpExtInCsumErrors"),
      next: [
        ...onDevice(subject, (name) => ["ethtool", "-S", name]),
        ...onDevice(subject, (name) => ["ip", "-s", "-s", "link", "show", "dev", name]),
      ],
    };
  },
  refute: "Error counters of the device that stay as they are while such drops come.",
  advice: [
    {
      action: "Exchange cable, transceiver and port of IFACE, one after the other",
      why: "the Ethernet checksum should find what is corrupted on a wire; what it misses, TCP's finds",
    },
  ],
  sources: [
    "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), csum_error; net/ipv4/ip_input.c: ip_rcv_core() (Linux 6.18)",
    "Documentation/networking/statistics.rst: rx_errors, rx_crc_errors",
  ],
};

const CHECKSUM_OFFLOAD: DropRule = {
  about: "drops",
  id: "checksum-offload",
  title: "Wrong TCP checksums",
  severity: "critical",
  needs: ["events"],
  signs: "TCP_CSUM or SKB_CSUM on one device, which counts no receive errors.",
  against: "Receive errors of the device: then segments are corrupted on the wire.",
  matches: (incident) => isReason(incident, "TCP_CSUM", "SKB_CSUM"),
  together: "device",
  judge: (subject, netns) => {
    const isKnownClean = roseIn(netns, `${subject.ifnames[0]}.rx_errors`) === 0;
    const { segments, connections } = subject;
    return {
      certainty: certaintyFor(
        subject,
        isKnownClean && sendersOf(subject).length === 1 ? "likely" : "possible",
      ),
      text:
        `${countText(subject, "segment")} ${senderText(subject, "from")} came in by ${deviceText(subject)} ` +
        `with a wrong ` +
        "checksum: consistent with checksum offload that is broken at the sender, or at a tunnel or " +
        "virtual device.",
      evidence: [
        `${plural(connections, "connection")}, ${plural(segments.payload, "segment")} with data`,
        ...(isKnownClean ? [`${subject.ifnames[0]}.rx_errors did not rise`] : []),
        ...counterLines(netns, "TcpInCsumErrors"),
      ],
      next: onDevice(subject, (name) => ["ethtool", "-k", name]),
    };
  },
  refute:
    "Segments whose checksum is wrong in a capture at the sender's own switch port, but not at its device.",
  advice: [
    {
      action: "At SADDR: ethtool -K DEVICE tx-checksum-ip-generic off",
      why: "then its kernel computes checksums, and such drops end",
      risk: "it costs the sender CPU time",
    },
    {
      action: "With VXLAN or Geneve between them: ethtool -K DEVICE tx-udp_tnl-csum-segmentation off",
      why: "some devices compute the inner checksum wrongly",
    },
  ],
  sources: [
    "net/ipv4/tcp_ipv4.c: tcp_v4_rcv(), csum_error; net/ipv4/tcp_input.c: tcp_rcv_established() (Linux 6.18)",
    "Documentation/networking/checksum-offloads.rst",
  ],
};

export const CHECKSUM_RULES: readonly Rule[] = [WIRE_CORRUPTION, CHECKSUM_OFFLOAD];
