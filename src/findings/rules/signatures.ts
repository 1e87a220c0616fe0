/** Segments whose signature is missing, unexpected or wrong. */
import { reasonRow } from "../../reasons/index.ts";
import type { DropRule, Rule } from "../rule.ts";
import { ssOfPort, wayText } from "./ends.ts";
import { counterLines, countText, wereText } from "./phrases.ts";
import { reasonLines } from "./reason-lines.ts";
import { certaintyFor, isReason, reasonsOf } from "./signs.ts";

const WHAT_IS_WRONG: Readonly<Record<string, string>> = {
  TCP_MD5NOTFOUND: "no MD5 signature, and the socket requires one",
  TCP_MD5UNEXPECTED: "an MD5 signature, and the socket has no key for that peer",
  TCP_MD5FAILURE: "the MD5 signature is wrong",
  TCP_AONOTFOUND: "no TCP-AO signature, and the socket requires one",
  TCP_AOUNEXPECTED: "a TCP-AO signature, and the socket has no keys",
  TCP_AOKEYNOTFOUND: "a TCP-AO key that the socket does not have",
  TCP_AOFAILURE: "the TCP-AO signature is wrong",
  TCP_AUTH_HDR: "malformed signature options",
};

const MD5_AO: DropRule = {
  about: "drops",
  id: "md5-ao-mismatch",
  title: "TCP signatures do not match",
  severity: "critical",
  needs: [],
  signs: "TCP_MD5NOTFOUND, TCP_MD5UNEXPECTED, TCP_MD5FAILURE, a TCP_AO reason or TCP_AUTH_HDR.",
  against: "Peers that nobody configured: then they are strangers, and the drop is what signatures are for.",
  matches: (incident) => isReason(incident, ...Object.keys(WHAT_IS_WRONG)),
  together: "service",
  judge: (subject, netns) => ({
    certainty: certaintyFor(subject, "certain"),
    text:
      `${countText(subject, "segment")} ${wayText(subject)} ${wereText(subject)} dropped: ` +
      `${reasonsOf(subject)
        .flatMap((reason) => WHAT_IS_WRONG[reason] ?? [])
        .join("; ")}.`,
    evidence: [
      ...reasonLines(subject),
      // Those of its own reasons: others rose for other sockets.
      ...counterLines(netns, ...new Set(reasonsOf(subject).flatMap((name) => reasonRow(name).counter ?? []))),
    ],
    next: [ssOfPort(subject, "-tani")],
  }),
  refute: "Equal keys at both ends, and no NAT between them: then the segments are forged.",
  advice: [
    {
      action: "Compare keys and peer addresses at both ends (BGP: neighbor ... password)",
      why: "a key belongs to an address: it must be the one that the peer really uses",
    },
    { action: "See that no NAT is between them", why: "the signature covers addresses and ports" },
  ],
  sources: [
    "net/ipv4/tcp.c: tcp_inbound_md5_hash(), tcp_inbound_hash(); net/ipv4/tcp_ao.c: tcp_inbound_ao_hash() " +
      "(Linux 6.18)",
    "RFC 2385; RFC 5925",
  ],
};

export const SIGNATURE_RULES: readonly Rule[] = [MD5_AO];
