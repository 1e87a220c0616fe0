/** What was chosen for a target, in words for people. */
import { type Candidate, shortId } from "./candidates.ts";
import type { Plan } from "./plan.ts";
import { shownName } from "./quoted.ts";
import type { RunningProcess, Survey } from "./survey.ts";

const MOST_NAMED = 3;

/** "in its network namespace 4026532246, and the host's by its address 172.17.0.2 (1 process)" */
export function whereWords(
  plan: Plan,
  { kind, processes }: Candidate,
  { hostNetns }: Survey,
): string | undefined {
  const { own, addresses } = plan;
  const many = processes.length === 1 ? "1 process" : `${processes.length} processes`;
  const end = kind === "pid" ? "" : ` (${many})`;
  if (plan.netns === undefined) return undefined;
  const rest = new Set(processes.flatMap(({ netns }) => netns ?? []).filter((inode) => !own.includes(inode)));
  const parts = [
    ...(own.length === 0 ? [] : [`its network ${counted("namespace", own)}`]),
    ...(addresses.length === 0 ? [] : [`the host's by its ${counted("address", addresses)}`]),
    ...[...rest].map((inode) => (inode === hostNetns ? "the host's network namespace" : sharedWords(inode))),
  ];
  return `in ${parts.join(", and ")}${end}`;
}

function sharedWords(inode: number): string {
  return `network namespace ${inode}, which others are in too`;
}

function counted(word: string, values: readonly (string | number)[]): string {
  const plural = word.endsWith("s") ? `${word}es` : `${word}s`;
  return `${values.length === 1 ? word : plural} ${values.join(" and ")}`;
}

/** Sentences without their full stop. */
export function notesOf({ own, isAllOwn, others, isHidden }: Plan): readonly string[] {
  const notes: string[] = [];
  if (others.length > 0)
    notes.push(
      `Also shown, for they are in ${own.length === 1 ? "that namespace" : "those namespaces"} too: ` +
        namesOf(others),
    );
  if (isHidden)
    notes.push(
      "The network namespace of some of its processes cannot be read, which needs CAP_SYS_PTRACE: drops of others are looked at too",
    );
  if (!isAllOwn) notes.push("What nobody can be found for is shown too: it may be its own");
  return notes;
}

/** Containers where they are some, else processes. */
function namesOf(others: readonly RunningProcess[]): string {
  const names = [...new Set(others.map(nameOf))];
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function nameOf({ workload, comm, pid }: RunningProcess): string {
  const { container, containerId } = workload ?? {};
  if (container !== undefined) return `container ${shownName(container)}`;
  if (containerId !== undefined) return `container ${shortId(containerId)}`;
  return `${shownName(comm ?? "?")}[${pid}]`;
}
