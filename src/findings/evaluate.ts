/** Rules over evidence: each incident belongs to the first rule that concludes something of it. */
import type { NotEvaluated } from "../model/index.ts";
import { COUNTERS_UNREAD, type Evidence, type Need, type NetnsEvidence } from "./evidence.ts";
import { type Conclusion, type DropConclusion, gathered } from "./gather.ts";
import { endpointText, type Incident } from "./incident.ts";
import type { DropRule, MachineRule, Rule, RunRule, Together } from "./rule.ts";
import { subjectOf } from "./subject.ts";

export interface Evaluated {
  readonly conclusions: readonly Conclusion[];
  readonly notEvaluated: readonly NotEvaluated[];
  /** What no rule concluded anything of: most drops first. */
  readonly unclaimed: readonly Incident[];
}

export function evaluate(
  rules: readonly Rule[],
  evidence: Evidence,
  namespaces: readonly NetnsEvidence[],
): Evaluated {
  const evaluation = new Evaluation(evidence, namespaces);
  for (const rule of rules)
    if (rule.about === "drops") evaluation.drops(rule);
    else if (rule.about === "machine") evaluation.machine(rule);
    else evaluation.run(rule);
  return evaluation;
}

class Evaluation implements Evaluated {
  readonly conclusions: Conclusion[] = [];
  readonly notEvaluated: NotEvaluated[] = [];
  readonly #evidence: Evidence;
  readonly #namespaces: readonly NetnsEvidence[];
  #left: readonly Incident[];

  constructor(evidence: Evidence, namespaces: readonly NetnsEvidence[]) {
    this.#evidence = evidence;
    this.#namespaces = namespaces;
    this.#left = evidence.incidents;
  }

  get unclaimed(): readonly Incident[] {
    return this.#left;
  }

  drops(rule: DropRule): void {
    const groups = new Map<string, Incident[]>();
    for (const incident of this.#left.filter((one) => rule.matches(one))) {
      const key = groupOf(incident, rule.together);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [incident]);
      else group.push(incident);
    }
    const made = [...groups.values()].flatMap((group) => {
      const incidents = rule.pick?.(group, this.#evidence) ?? group;
      return incidents.length === 0 ? [] : (this.#judge(rule, incidents) ?? []);
    });
    const all = gathered(made, (subject, netns) => rule.judge(subject, netns, this.#evidence));
    this.conclusions.push(...all);
    const claimed = new Set(all.flatMap(({ subject }) => subject.incidents));
    this.#left = this.#left.filter((incident) => !claimed.has(incident));
  }

  machine(rule: MachineRule): void {
    for (const netns of this.#namespaces) {
      const why = unmet(rule.needs, netns, []);
      if (why !== undefined) {
        this.#miss(rule, why);
        continue;
      }
      const verdict = rule.judge(netns, this.#evidence);
      if (verdict !== undefined) this.conclusions.push({ rule, verdict, subject: undefined, netns });
    }
  }

  run(rule: RunRule): void {
    const verdict = rule.judge(this.#evidence);
    if (verdict !== undefined) this.conclusions.push({ rule, verdict, subject: undefined, netns: undefined });
  }

  #judge(rule: DropRule, incidents: readonly Incident[]): DropConclusion | undefined {
    const subject = subjectOf(incidents);
    const netns = this.#evidence.netns(subject.netns);
    const why = unmet(rule.needs, netns, incidents);
    if (why !== undefined) return this.#miss(rule, why);
    const verdict = rule.judge(subject, netns, this.#evidence);
    if (verdict === undefined) return undefined;
    if ("unknown" in verdict) return this.#miss(rule, verdict.unknown);
    return { rule, verdict, subject, netns };
  }

  #miss({ id: rule }: Rule, why: string): undefined {
    const isKnown = this.notEvaluated.some((one) => one.rule === rule && one.why === why);
    if (!isKnown) this.notEvaluated.push({ rule, why });
  }
}

function groupOf(incident: Incident, together: Together): string {
  const { netns, direction, service, ifindex, location, peers, example } = incident;
  // What totals alone show is apart: nobody knows whose it is.
  const where = `${netns} ${direction} ${example === undefined ? "unread" : ""}`;
  if (together === "netns") return where;
  if (together === "device") return `${where} ${ifindex}`;
  if (together === "peer")
    return `${where} ${peers.size === 1 && !peers.isCut ? [...peers.values()][0] : ""}`;
  // Without a service those of one site are the closest there is.
  if (service === undefined) return `${where} at ${location}`;
  return `${where} ${together === "port" ? service.port : endpointText(service)}`;
}

/** Why a rule cannot be evaluated: what it needs and nobody knows. */
function unmet(
  needs: readonly Need[],
  netns: NetnsEvidence | undefined,
  incidents: readonly Incident[],
): string | undefined {
  for (const need of needs) {
    const isKnown =
      need === "events"
        ? incidents.every(({ example }) => example !== undefined)
        : netns !== undefined && HAS[need](netns);
    if (!isKnown) return [WITHOUT[need], ...problemsOf(need, netns)].join(": ");
  }
  return undefined;
}

/** What stands in the way of a snapshot. */
function problemsOf(need: Need, netns: NetnsEvidence | undefined): readonly string[] {
  const problems = need === "events" ? [] : (netns?.problems ?? []);
  return problems.length === 0 ? [] : [problems.join("; ")];
}

const HAS: Readonly<Record<Exclude<Need, "events">, (netns: NetnsEvidence) => boolean>> = {
  counters: ({ rose }) => rose !== undefined,
  softnet: ({ rose }) => rose?.has("softnet.dropped") === true,
  sysctl: ({ sysctl }) => sysctl !== undefined,
  sockets: ({ listeners }) => listeners !== undefined,
  links: ({ links }) => links !== undefined,
  conntrack: ({ conntrack }) => conntrack !== undefined,
};

const WITHOUT: Readonly<Record<Need, string>> = {
  events: "no single drop was read",
  counters: COUNTERS_UNREAD,
  softnet: "/proc/net/softnet_stat could not be read at both ends of the run",
  sysctl: "the settings of the network namespace could not be read",
  sockets: "the listening sockets of the network namespace could not be listed",
  links: "the devices of the network namespace could not be listed",
  conntrack: "the number of tracked connections could not be read",
};
