/**
 * Names by Docker's own file of a container. The bundle has no names; but Docker mounts files out of the
 * folder where it keeps the container, so the bundle, or the container's mounts, say where that is.
 */
import { boundedText, readJson, textAt, valueAt } from "./bounded-json.ts";
import { type FilePlaces, pathsOf } from "./file-places.ts";
import { type Mount, readMounts } from "./mounts.ts";
import type { ContainerNames } from "./names-on-disk.ts";
import { withProcess } from "./process-facts.ts";

const DEFAULT_FOLDER = "/var/lib/docker/containers";
/** Container names that cri-dockerd and dockershim make up: k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT. */
const POD_LABEL = "io.kubernetes.pod.";

/** @param folder of the shim in /proc */
export function readDockerNames(
  folder: string,
  id: string,
  spec: unknown,
  anyPid: number,
  places: FilePlaces,
): ContainerNames {
  for (const containers of foldersOf(folder, id, spec, anyPid, places))
    for (const path of pathsOf(folder, `${containers}/${id}/config.v2.json`, places)) {
      const config = readJson(path, places.ownerUid);
      if (textAt(config, "ID") === id) return { names: namesIn(config, id), isComplete: true };
    }
  return { names: { runtime: "docker", containerId: id }, isComplete: false };
}

/** Where Docker keeps its containers, the likeliest first; each may come twice. */
function* foldersOf(
  folder: string,
  id: string,
  spec: unknown,
  anyPid: number,
  places: FilePlaces,
): Generator<string> {
  const file = `/${id}/hostname`;
  const mounts = valueAt(spec, "mounts");
  for (const mount of Array.isArray(mounts) ? mounts : []) {
    const source = valueAt(mount, "source");
    if (typeof source === "string" && source.endsWith(file)) yield source.slice(0, -file.length);
  }
  const inContainer = withProcess(anyPid, places.root, (process) => readMounts(`${process}/mountinfo`));
  for (const mount of inContainer ?? []) {
    if (mount.point !== "/etc/hostname" || !mount.root.endsWith(file)) continue;
    const path = whereElse(mount, readMounts(`${folder}/mountinfo`));
    if (path !== undefined) yield path.slice(0, -file.length);
  }
  yield DEFAULT_FOLDER;
}

/** The path of what is mounted, by other mounts of the same file system. */
function whereElse({ device, root }: Mount, mounts: readonly Mount[]): string | undefined {
  const around = mounts
    .filter((mount) => mount.device === device && root.startsWith(withSlash(mount.root)))
    .sort((a, b) => b.root.length - a.root.length)[0];
  if (around === undefined) return undefined;
  return withSlash(around.point) + root.slice(withSlash(around.root).length);
}

function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

function namesIn(config: unknown, id: string): ContainerNames["names"] {
  const label = (name: string): string | undefined => textAt(config, "Config", "Labels", name);
  const shared = {
    runtime: "docker",
    containerId: id,
    pod: label(`${POD_LABEL}name`),
    podNamespace: label(`${POD_LABEL}namespace`),
    podUid: label(`${POD_LABEL}uid`),
  };
  if (label("io.kubernetes.docker.type") === "podsandbox") return shared;
  return {
    ...shared,
    container:
      label("io.kubernetes.container.name") ?? boundedText(textAt(config, "Name")?.replace(/^\//, "")),
    image: textAt(config, "Config", "Image"),
  };
}
