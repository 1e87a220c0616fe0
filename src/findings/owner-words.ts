/** Whose it was, in words for people, that say no more than is known. */
import type { Owner, OwnerBy, OwnerCount, OwnerMissing, Workload } from "../model/index.ts";

/** Owners that a line names. */
const MOST_NAMED = 3;
/** Longest names: what is beyond is cut. */
const MOST_CHARACTERS = 64;
/** Of a container's id, where it has no name: as docker prints it. */
const ID_DIGITS = 12;

/** "nginx[1234] in pod shop/web", "cron.service"; undefined where nobody is named. */
function ownerName({ process, workload, missing, cgroup }: Owner): string | undefined {
  const place = workload === undefined ? undefined : placeOf(workload);
  if (process !== undefined) {
    const name = `${cut(process.comm)}[${process.pid}]`;
    return place === undefined ? name : `${name} in ${place}`;
  }
  if (missing === "kernel") return "the kernel itself";
  if (place !== undefined) return place;
  return cgroup === undefined ? undefined : `cgroup ${cut(cgroup)}`;
}

function placeOf(workload: Workload): string | undefined {
  const [pod, container] = [podName(workload), containerName(workload)];
  if (pod !== undefined) return `pod ${cut(pod)}`;
  if (container !== undefined) return `container ${cut(container)}`;
  return workload.unit === undefined ? undefined : cut(workload.unit);
}

/** "shop/web-7d9f". */
export function podName(workload: Workload | undefined): string | undefined {
  const { pod, podNamespace } = workload ?? {};
  return pod === undefined || podNamespace === undefined ? pod : `${podNamespace}/${pod}`;
}

/** Its name, else the beginning of its id. */
export function containerName({ container, containerId }: Workload): string | undefined {
  return container ?? containerId?.slice(0, ID_DIGITS);
}

function cut(name: string): string {
  return name.length <= MOST_CHARACTERS ? name : `${name.slice(0, MOST_CHARACTERS - 2)}..`;
}

/** Why nobody is named. */
const NOBODY: Readonly<Record<OwnerMissing, string>> = {
  closed: "nobody holds it: the socket was closed",
  not_accepted: "nobody holds it yet: it waits for accept()",
  kernel: "the kernel itself",
  no_socket: "nobody holds it: there is no socket",
  not_found: "not known: no process was found that holds it",
  late: "not known: nobody was found in time",
  budget: "not known: looking for owners had its share of CPU time",
  rights: "not known: rights are missing",
  pid_namespace: "not known: the process is in a pid namespace that cannot be seen from here",
  ambiguous: "not known: several network namespaces have the address",
};

const HOW_SURE = { certain: "", likely: "probably ", possible: "possibly " } as const;

/** Of the socket, which is known of some that nobody is found for. */
function userWords({ user, uid }: Owner): string {
  if (user !== undefined) return ` (user ${cut(user)})`;
  return uid === undefined ? "" : ` (uid ${uid})`;
}

/** "nginx[1234] in pod shop/web", "probably sshd[812]", "nobody holds it: there is no socket". */
export function ownerWords(owner: Owner | undefined): string {
  if (owner === undefined) return "not known";
  const name = ownerName(owner);
  const hint = owner.hint === undefined ? "" : ` (${cut(owner.hint)})`;
  if (name === undefined) {
    const why =
      owner.missing === undefined ? "not known: processes are not looked at" : NOBODY[owner.missing];
    return `${why}${userWords(owner)}${hint}`;
  }
  return `${HOW_SURE[owner.certainty ?? "certain"]}${name}`;
}

/** "nginx[1234]"; "90 of nginx[1234], 7 of curl[99], 3 not known"; undefined where no owner was ever known. */
export function whoseText(owners: readonly OwnerCount[]): string | undefined {
  const [first, ...others] = owners;
  if (first === undefined) return undefined;
  if (others.length === 0) return ownerWords(first.owner);
  const named = owners.slice(0, MOST_NAMED).map(({ owner, count }) => {
    const isNamed = owner !== undefined && ownerName(owner) !== undefined;
    return isNamed ? `${count} of ${ownerWords(owner)}` : `${count}: ${ownerWords(owner)}`;
  });
  const rest = owners.slice(MOST_NAMED).reduce((sum, { count }) => sum + count, 0);
  return [...named, ...(rest === 0 ? [] : [`${rest} of others`])].join(", ");
}

/** What the owner has to do with it: "%" is its name, "~" how sure that is. */
const SENTENCES: Readonly<Record<OwnerBy, string | undefined>> = {
  socket: "The socket is ~held by %.",
  listener: "The listening socket is ~held by %.",
  lookup: "The socket that takes such segments is ~held by %.",
  remembered: "The socket was ~held by %, which does not hold it any more.",
  former_listener: "It was ~%, which does not listen there any more.",
  netns: "The network namespace is ~that of %.",
  cgroup: "The socket was ~created in %.",
  none: undefined,
};

/** One sentence, where all drops are of the same owner, and it has a name. */
export function ownerSentence(owners: readonly OwnerCount[]): string | undefined {
  const [only, ...others] = owners;
  const owner = only?.owner;
  const name = owner === undefined ? undefined : ownerName(owner);
  if (owner === undefined || name === undefined || others.length > 0) return undefined;
  return SENTENCES[owner.by]?.replace("~", HOW_SURE[owner.certainty ?? "certain"]).replace("%", () => name);
}
