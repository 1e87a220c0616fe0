/** Public entry point of findings. */
export type {
  ConntrackState,
  Evidence,
  ListenerState,
  Need,
  NetnsEvidence,
} from "./evidence.ts";
export { durationText, plural } from "./headline.ts";
export type { Incident, Service } from "./incident.ts";
export { Incidents } from "./incidents.ts";
export { containerName, ownerWords, podName } from "./owner-words.ts";
export { makeReport } from "./report.ts";
export type { DropRule, MachineRule, Rule, RunRule, Verdict } from "./rule.ts";
export { RULES } from "./rules/index.ts";
export type { Subject } from "./subject.ts";
