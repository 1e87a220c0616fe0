/** What is asked for of a container, and what its files answer. */
import type { Workload } from "../../model/owner.ts";

/** What may be known beside the path. */
export type NamesOnDisk = Pick<
  Workload,
  "runtime" | "containerId" | "container" | "image" | "pod" | "podNamespace" | "podUid"
>;

export interface ContainerNames {
  readonly names: Partial<NamesOnDisk>;
  /** False where something may come yet: the container is just being made, or rights lack. */
  readonly isComplete: boolean;
}

/** What is asked for, by the path of the cgroup. */
export interface WantedContainer {
  readonly containerId: string | undefined;
  readonly podUid: string | undefined;
  /** The container's own cgroup; absent where the path names no container. */
  readonly containerFolder: string | undefined;
  /** Last part of the cgroup's path: containerd's own namespaces call their cgroups as the container. */
  readonly lastPart: string;
}
