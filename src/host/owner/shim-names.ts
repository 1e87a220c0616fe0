/**
 * Names by containerd's shim: its working directory is the bundle of its first container, and those of the
 * others in a pod lie beside it. That holds wherever containerd keeps its state: k3s, kind, microk8s.
 */
import { boundedText, readJson, textAt } from "./bounded-json.ts";
import { readDockerNames } from "./docker-names.ts";
import { type FilePlaces, flagOf, isFileName } from "./file-places.ts";
import type { ContainerNames, WantedContainer } from "./names-on-disk.ts";

/** Annotations of containerd's CRI plugin: pkg/cri/annotations/annotations.go, containerd 1.6. */
const CRI = "io.kubernetes.cri.";

/**
 * Undefined where the shim keeps another container.
 *
 * @param folder of the shim in /proc
 * @param words its command line
 */
export function readShimNames(
  folder: string,
  words: readonly string[],
  { containerId, lastPart }: WantedContainer,
  anyPid: number,
  places: FilePlaces,
): ContainerNames | undefined {
  const own = flagOf(words, "id");
  // Of a path that names no container: only where the cgroup is called as the shim's container is.
  const id = containerId ?? (own === lastPart ? own : undefined);
  if (id === undefined || !isFileName(id)) return undefined;
  const namespace = flagOf(words, "namespace");
  const spec = readJson(`${folder}/cwd/../${id}/config.json`, places.ownerUid);
  if (namespace === "moby") return readDockerNames(folder, id, spec, anyPid, places);
  // The one field that each bundle must have: config.md of the OCI runtime specification.
  if (textAt(spec, "ociVersion") !== undefined)
    return { names: namesIn(spec, id, namespace), isComplete: true };
  // The pod is the same for all of its containers.
  const first = readJson(`${folder}/cwd/config.json`, places.ownerUid);
  const runtime = "containerd";
  return { names: { runtime, containerId: boundedText(id), ...podIn(first) }, isComplete: false };
}

function namesIn(spec: unknown, id: string, namespace: string | undefined): ContainerNames["names"] {
  const annotation = (name: string): string | undefined => textAt(spec, "annotations", name);
  const shared = { runtime: "containerd", containerId: boundedText(id), ...podIn(spec) };
  // The sandbox holds the pod's namespaces, and is none of its containers.
  if (annotation(`${CRI}container-type`) === "sandbox") return shared;
  return {
    ...shared,
    container: annotation(`${CRI}container-name`) ?? annotation("nerdctl/name") ?? idAsName(id, namespace),
    image: annotation(`${CRI}image-name`),
  };
}

function podIn(spec: unknown): ContainerNames["names"] {
  return {
    pod: textAt(spec, "annotations", `${CRI}sandbox-name`),
    podNamespace: textAt(spec, "annotations", `${CRI}sandbox-namespace`),
    podUid: textAt(spec, "annotations", `${CRI}sandbox-uid`),
  };
}

/** `ctr run IMAGE NAME` makes the name the id. */
function idAsName(id: string, namespace: string | undefined): string | undefined {
  return namespace === "k8s.io" || /^[0-9a-f]{64}$/.test(id) ? undefined : boundedText(id);
}
