/** What a network namespace is called, of what was found in it. */
import type { OwnerProcess, Workload } from "../../model/owner.ts";
import { belowRoot } from "../below-root.ts";
import { readNamespaceFile } from "../namespace-file.ts";
import { listNetnsNames, NETNS_FOLDERS } from "../netns-names.ts";

/** What is known of a namespace. */
export interface NetnsEvidence {
  /** It is that of pid 1, and numbers of processes are the host's. */
  readonly isHost: boolean;
  /** Of processes in it, in any order. */
  readonly workloads: readonly Workload[];
  /** That `ip netns` lists, see `ipNetnsName`. */
  readonly ipNetnsName: string | undefined;
  /** Its oldest process, and that one's workload. */
  readonly oldest: { readonly process: OwnerProcess; readonly workload: Workload | undefined } | undefined;
}

/**
 * "host"; the pod as "namespace/pod", or the container, of a process in it; its name in `ip netns`; the unit of
 * its oldest process, or that process as "nginx[1234]". Undefined where nothing is known. Not escaped.
 */
export function nameNetns({ isHost, workloads, ipNetnsName, oldest }: NetnsEvidence): string | undefined {
  if (isHost) return "host";
  const names = new Set(workloads.map(workloadName).filter((name) => name !== undefined));
  const process = oldest?.process;
  return (
    // Where several share it, it was made for the first one.
    (names.size === 1 ? [...names][0] : workloadName(oldest?.workload)) ??
    ipNetnsName ??
    oldest?.workload?.unit ??
    (process === undefined ? undefined : `${process.comm}[${process.pid}]`)
  );
}

function workloadName(workload: Workload | undefined): string | undefined {
  const { pod, podNamespace, container } = workload ?? {};
  return pod === undefined || podNamespace === undefined ? container : `${podNamespace}/${pod}`;
}

/** Names that container runtimes make up: CNI's plugins, and Docker, whose folder may be linked there. */
const MADE_UP =
  /^(?:cni-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:netns-)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{12})$/;

/** Inode numbers of namespaces to the names that people gave them with `ip netns add`. Never throws. */
export function ipNetnsNames(root = "/"): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const name of listNetnsNames(root)) {
    if (MADE_UP.test(name)) continue;
    for (const folder of NETNS_FOLDERS) {
      const file = readNamespaceFile(belowRoot(root, `${folder}/${name}`));
      if (file.kind === "netns" && !names.has(file.inode)) names.set(file.inode, name);
    }
  }
  return names;
}
