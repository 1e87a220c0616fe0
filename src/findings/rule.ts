/**
 * A rule: what goes wrong, how it shows, what speaks against it, and what to do. Rules are data with small
 * pure functions; rules/ has them, a test each that fires it and one, its neighbour, that must not.
 */
import type { Advice, Certainty, Severity } from "../model/index.ts";
import type { Evidence, Need, NetnsEvidence } from "./evidence.ts";
import type { Incident } from "./incident.ts";
import type { Subject } from "./subject.ts";

/** A command as its words; it runs in the namespace of the drops. */
export type Command = readonly string[];

/**
 * Which incidents are one finding. Each also keeps namespaces and directions apart.
 * - `service`: those of one address and port
 * - `port`: those of one port, for a listener may have several addresses
 * - `device`: those of one interface
 * - `peer`: those that came from one address alone; incidents with several are together
 * - `netns`: all
 */
export type Together = "service" | "port" | "device" | "peer" | "netns";

/** What a rule concludes. */
export interface Verdict {
  readonly certainty: Certainty;
  /** Where it differs from the rule's. */
  readonly severity?: Severity;
  /** What happens, in one sentence. Never more than the evidence shows: "consistent with" unless certain. */
  readonly text: string;
  /** Drops, where no incident has them. */
  readonly count?: number;
  /** With numbers. */
  readonly evidence: readonly string[];
  /** Where it differs from the rule's. */
  readonly advice?: readonly Advice[];
  readonly refute?: string;
  /** What to type next, the most useful first. */
  readonly next: readonly Command[];
}

/** Why a rule cannot conclude anything: it is listed as not evaluated. */
export interface Unknown {
  readonly unknown: string;
}

interface RuleBase {
  /** Kebab-case, stable: scripts match it. */
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly needs: readonly Need[];
  /** When it matches, in words. */
  readonly signs: string;
  /** What speaks against it, or makes it less certain; looked for before it is concluded. */
  readonly against: string;
  /** What would show that it is something else. */
  readonly refute: string;
  readonly advice: readonly Advice[];
  /** Where the knowledge comes from: kernel files with versions, documents. */
  readonly sources: readonly string[];
}

/** A rule about drops. The first rule that concludes something of an incident has it. */
export interface DropRule extends RuleBase {
  readonly about: "drops";
  matches(incident: Incident): boolean;
  readonly together: Together;
  /** Those of what is together that belong to it; all, where absent. */
  pick?(incidents: readonly Incident[], evidence: Evidence): readonly Incident[];
  /** Undefined where it is something else. */
  judge(
    subject: Subject,
    netns: NetnsEvidence | undefined,
    evidence: Evidence,
  ): Verdict | Unknown | undefined;
}

/** A rule about what drops do not show: asked once for each namespace that something is known of. */
export interface MachineRule extends RuleBase {
  readonly about: "machine";
  judge(netns: NetnsEvidence, evidence: Evidence): Verdict | undefined;
}

/** A rule about the run as a whole: asked once. */
export interface RunRule extends RuleBase {
  readonly about: "run";
  judge(evidence: Evidence): Verdict | undefined;
}

export type Rule = DropRule | MachineRule | RunRule;
