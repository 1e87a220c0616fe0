import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fixtureRoot } from "../fixture-root.test.kit.ts";
import { readContainerNames } from "./container-names.ts";
import { addProcess, type FakeProcess, OWN_UID } from "./fake-processes.test.kit.ts";
import type { ContainerNames, WantedContainer } from "./names-on-disk.ts";

const SANDBOX = "10ec3c89629f71226b227e6510b2d465168b24005bbdcc5d7940517080830635";
const ID = "c1d0f0a87b89842f444bb1a3dfe0c62b678369b3c6bdeb4d8c6534feaf27a3fa";
const POD_UID = "aaaabbbb-1111-2222-3333-444455556666";
const FOLDER = `/kubepods/burstable/pod${POD_UID}/${ID}`;
const BUNDLES = "run/containerd/io.containerd.runtime.v2.task/k8s.io";
const WANTED: WantedContainer = { containerId: ID, podUid: undefined, containerFolder: FOLDER, lastPart: ID };
const NOTHING: ContainerNames = { names: {}, isComplete: false };

const POD = {
  "io.kubernetes.cri.sandbox-name": "web-7d9f",
  "io.kubernetes.cri.sandbox-namespace": "shop",
  "io.kubernetes.cri.sandbox-uid": POD_UID,
};
const CONTAINER = {
  ...POD,
  "io.kubernetes.cri.container-type": "container",
  "io.kubernetes.cri.container-name": "web",
  "io.kubernetes.cri.image-name": "example.test/shop/web:1.2",
};
const POD_NAMES = { pod: "web-7d9f", podNamespace: "shop", podUid: POD_UID };
const bundle = (annotations: object): string =>
  JSON.stringify({ ociVersion: "1.0.2", process: { args: ["SECRET"], env: ["SECRET=1"] }, annotations });
const shim = (namespace: string, id: string): Partial<FakeProcess> => ({
  comm: "containerd-shim",
  cmdline: ["/usr/bin/containerd-shim-runc-v2", "-namespace", namespace, "-id", id, "-address", "SECRET"],
});

/** What is read of process 300, whose parent is 200, whose parent is 100. */
function namesBelow(
  keeper: Partial<FakeProcess>,
  files: Readonly<Record<string, string>>,
  {
    wanted = WANTED,
    others = [],
  }: { wanted?: Partial<WantedContainer>; others?: readonly FakeProcess[] } = {},
): ContainerNames {
  using root = fixtureRoot(files);
  const cgroup = wanted.containerFolder ?? "/";
  const processes = [
    { pid: 100, ppid: 1, cgroup: "/system.slice/containerd.service", ...keeper },
    { pid: 200, ppid: 100, cgroup },
    { pid: 300, ppid: 200, cgroup },
    ...others,
  ];
  const all = new Map(processes.map((process) => [process.pid, process]));
  for (const process of all.values()) addProcess(root.path, process);
  const read = readContainerNames({ ...WANTED, ...wanted }, 300, { root: root.path, ownerUid: OWN_UID });
  // Command lines and environments are read over, and never passed on.
  assert.doesNotMatch(JSON.stringify(read), /SECRET/);
  return read;
}

const CRI_FILES = {
  [`${BUNDLES}/${SANDBOX}/config.json`]: bundle({ ...POD, "io.kubernetes.cri.container-type": "sandbox" }),
  [`${BUNDLES}/${ID}/config.json`]: bundle(CONTAINER),
};
const CRI_SHIM = { ...shim("k8s.io", SANDBOX), cwd: `${BUNDLES}/${SANDBOX}` };
const WEB = { container: "web", image: "example.test/shop/web:1.2" };

test("a shim of CRI leads to container, image and pod", () => {
  assert.deepEqual(namesBelow(CRI_SHIM, CRI_FILES), {
    names: { runtime: "containerd", containerId: ID, ...POD_NAMES, ...WEB },
    isComplete: true,
  });
});

test("the sandbox of a pod is no container", () => {
  const wanted = { containerId: SANDBOX, containerFolder: `/kubepods/pod${POD_UID}/${SANDBOX}` };
  assert.deepEqual(namesBelow(CRI_SHIM, CRI_FILES, { wanted }), {
    names: { runtime: "containerd", containerId: SANDBOX, ...POD_NAMES },
    isComplete: true,
  });
});

test("without its own bundle, a container has its pod's names at least", () => {
  const { [`${BUNDLES}/${ID}/config.json`]: _left, ...files } = CRI_FILES;
  assert.deepEqual(namesBelow(CRI_SHIM, files), {
    names: { runtime: "containerd", containerId: ID, ...POD_NAMES },
    isComplete: false,
  });
});

test("a keeper is no keeper inside of the container, as another user, or as the younger process", () => {
  const evil = bundle({ ...CONTAINER, "io.kubernetes.cri.sandbox-name": "evil" });
  const files = { ...CRI_FILES, [`evil/${ID}/config.json`]: evil };
  const pretender = { ...shim("k8s.io", ID), pid: 200, ppid: 100, cwd: `evil/${ID}` };
  const names = (one: FakeProcess): ContainerNames => namesBelow(CRI_SHIM, files, { others: [one] });
  assert.equal(names({ ...pretender, cgroup: "/elsewhere" }).names.pod, "evil");
  for (const cgroup of [FOLDER, `${FOLDER}/below`])
    assert.equal(names({ ...pretender, cgroup }).names.pod, "web-7d9f");
  assert.equal(names({ ...pretender, cgroup: "/elsewhere", uid: OWN_UID + 1 }).names.pod, "web-7d9f");
  assert.deepEqual(names({ ...pretender, cgroup: "/elsewhere", startTicks: 301 }), NOTHING);
});

test("parents are climbed up to a bound, and in no circle", () => {
  const generations = (count: number): readonly FakeProcess[] =>
    Array.from({ length: count }, (_, at) => ({ pid: 300 - at, ppid: at === count - 1 ? 100 : 299 - at }));
  const complete = (count: number): boolean =>
    namesBelow(CRI_SHIM, CRI_FILES, { others: generations(count) }).isComplete;
  assert.deepEqual([complete(16), complete(17)], [true, false]);
  const circle = [
    { pid: 300, ppid: 200, startTicks: 5 },
    { pid: 200, ppid: 300, startTicks: 5 },
  ];
  assert.deepEqual(namesBelow(CRI_SHIM, CRI_FILES, { others: circle }), NOTHING);
  assert.deepEqual(namesBelow(CRI_SHIM, CRI_FILES, { others: [{ pid: 200, ppid: 200 }] }), NOTHING);
});

test("containerd's own namespaces have the name where cgroup and shim say the same", () => {
  const files = { "run/containerd/default/web-1/config.json": bundle({}) };
  const keeper = { ...shim("default", "web-1"), cwd: "run/containerd/default/web-1" };
  const wanted = { containerId: undefined, containerFolder: undefined };
  assert.deepEqual(namesBelow(keeper, files, { wanted: { ...wanted, lastPart: "web-1" } }), {
    names: {
      runtime: "containerd",
      containerId: "web-1",
      container: "web-1",
      image: undefined,
      pod: undefined,
      podNamespace: undefined,
      podUid: undefined,
    },
    isComplete: true,
  });
  assert.deepEqual(namesBelow(keeper, files, { wanted: { ...wanted, lastPart: "web-2" } }), NOTHING);
});

test("nerdctl's name is an annotation; an id of 64 digits is no name", () => {
  const keeper = { ...shim("default", ID), cwd: `b/${ID}` };
  const names = (annotations: object): string | undefined =>
    namesBelow(keeper, { [`b/${ID}/config.json`]: bundle(annotations) }).names.container;
  assert.deepEqual([names({ "nerdctl/name": "web" }), names({})], ["web", undefined]);
});

const DOCKER_CONFIG = JSON.stringify({
  ID,
  Name: "/shop-web-1",
  Config: {
    Env: ["SECRET=1"],
    Cmd: ["SECRET"],
    Image: "example.test/shop/web:1.2",
    Labels: { "com.docker.compose.project": "shop" },
  },
});
const DOCKER = {
  runtime: "docker",
  containerId: ID,
  pod: undefined,
  podNamespace: undefined,
  podUid: undefined,
  container: "shop-web-1",
  image: "example.test/shop/web:1.2",
};
const MOBY = { ...shim("moby", ID), cwd: `moby/${ID}` };

test("Docker's folder is found by the bundle's mounts, by the container's, or is the usual one", () => {
  const spec = JSON.stringify({
    mounts: [null, { source: 1 }, { source: `/data/docker/containers/${ID}/hostname` }],
  });
  const found = { names: DOCKER, isComplete: true };
  const at = (folder: string) => ({ [`${folder}/containers/${ID}/config.v2.json`]: DOCKER_CONFIG });
  const ofBundle = { ...at("data/docker"), [`moby/${ID}/config.json`]: spec };
  assert.deepEqual(namesBelow(MOBY, ofBundle), found);
  assert.deepEqual(namesBelow(MOBY, at("var/lib/docker")), found);

  // A file system of its own, mounted at /disk: its paths do not begin with that.
  const mountinfo = `9 8 0:5 /docker/containers/${ID}/hostname /etc/hostname rw - ext4 /dev/x rw\n`;
  const others = [{ pid: 300, ppid: 200, cgroup: FOLDER, mountinfo }];
  const ofShim = "1 0 0:4 / / rw - ext4 /dev/y rw\n2 1 0:5 / /disk\\0401 rw shared:1 - ext4 /dev/x rw\n";
  assert.deepEqual(namesBelow({ ...MOBY, mountinfo: ofShim }, at("disk 1/docker"), { others }), found);
  assert.deepEqual(namesBelow(MOBY, at("disk 1/docker"), { others }), {
    names: { runtime: "docker", containerId: ID },
    isComplete: false,
  });
});

test("a file of Docker's that is another container's is not taken", () => {
  const other = DOCKER_CONFIG.replace(ID, SANDBOX);
  const files = { [`var/lib/docker/containers/${ID}/config.v2.json`]: other };
  assert.equal(namesBelow(MOBY, files).isComplete, false);
});

test("Docker's labels have the names of pods", () => {
  const labels = {
    "io.kubernetes.pod.name": "web-7d9f",
    "io.kubernetes.pod.namespace": "shop",
    "io.kubernetes.pod.uid": POD_UID,
    "io.kubernetes.container.name": "web",
  };
  const names = (more: object): ContainerNames["names"] => {
    const config = { ID, Name: "/k8s_web_0", Config: { Labels: { ...labels, ...more } } };
    return namesBelow(MOBY, { [`var/lib/docker/containers/${ID}/config.v2.json`]: JSON.stringify(config) })
      .names;
  };
  const shared = { runtime: "docker", containerId: ID, ...POD_NAMES };
  assert.deepEqual(names({}), { ...shared, container: "web", image: undefined });
  assert.deepEqual(names({ "io.kubernetes.docker.type": "podsandbox" }), shared);
});

const STORAGE = "/var/lib/containers/storage/overlay-containers";
const CONMON = {
  comm: "conmon",
  cmdline: ["/usr/bin/conmon", "-c", ID, "-u", ID, "-b", `${STORAGE}/${ID}/userdata`, "-n", "shop-web"],
};
const PODMAN_FILES = {
  [`${STORAGE}/${ID}/userdata/config.json`]: bundle({ "io.container.manager": "libpod" }),
  [`${STORAGE}/containers.json`]: JSON.stringify([
    null,
    { id: SANDBOX, names: ["other"] },
    { id: ID, names: ["shop-web"], metadata: JSON.stringify({ "image-name": "example.test/shop/web:1.2" }) },
  ]),
};

test("conmon leads to podman's storage", () => {
  const names = { runtime: "podman", container: "shop-web", image: "example.test/shop/web:1.2" };
  assert.deepEqual(namesBelow(CONMON, PODMAN_FILES), { names, isComplete: true });
  assert.deepEqual(namesBelow(CONMON, {}), { names: { ...names, image: undefined }, isComplete: false });
});

test("of another user's conmon only the name is read", () => {
  assert.deepEqual(namesBelow({ ...CONMON, uid: OWN_UID + 1 }, PODMAN_FILES), {
    names: { runtime: "podman", container: "shop-web" },
    isComplete: true,
  });
});

test("conmon of another container, or with a bundle that leads upwards, says nothing of this one", () => {
  const words = (bundlePath: string, id = ID): Partial<FakeProcess> => ({
    comm: "conmon",
    cmdline: ["conmon", "-c", id, `-b=${bundlePath}`],
  });
  assert.deepEqual(namesBelow(words("/x", SANDBOX), {}), NOTHING);
  const files = { "x/userdata/config.json": bundle({ "io.kubernetes.pod.name": "p" }) };
  assert.equal(namesBelow(words("/x/userdata"), files).names.pod, "p");
  for (const path of ["/y/../x/userdata", "x/userdata", "", "/"])
    assert.equal(namesBelow(words(path), files).names.pod, undefined);
});

test("conmon leads to CRI-O's annotations", () => {
  const annotations = {
    "io.kubernetes.pod.name": "web-7d9f",
    "io.kubernetes.pod.namespace": "shop",
    "io.kubernetes.pod.uid": POD_UID,
    "io.kubernetes.container.name": "web",
    "io.kubernetes.cri-o.ImageName": "example.test/shop/web:1.2",
  };
  const names = (more: object): ContainerNames =>
    namesBelow(CONMON, { [`${STORAGE}/${ID}/userdata/config.json`]: bundle({ ...annotations, ...more }) });
  const shared = { runtime: "cri-o", ...POD_NAMES };
  assert.deepEqual(names({}), { names: { ...shared, ...WEB }, isComplete: true });
  assert.deepEqual(names({ "io.kubernetes.cri-o.ContainerType": "sandbox" }).names, shared);
});

test("folders of logs name the pod, and its container where it has one", () => {
  using root = fixtureRoot();
  const read = (): ContainerNames =>
    readContainerNames({ ...WANTED, podUid: POD_UID }, undefined, { root: root.path, ownerUid: OWN_UID });
  const pod = { pod: "web-7d9f", podNamespace: "shop" };
  const add = (path: string): unknown =>
    mkdirSync(join(root.path, "var/log/pods", path), { recursive: true });
  assert.deepEqual(read(), NOTHING);
  add(`shop_web-7d9f_${POD_UID}/web`);
  add("shop_web-7d9f_0/other");
  add(`shop_web_x_y_${POD_UID}0`);
  assert.deepEqual(read(), { names: { ...pod, container: "web" }, isComplete: false });
  add(`shop_web-7d9f_${POD_UID}/sidecar`);
  assert.deepEqual(read(), { names: { ...pod, container: undefined }, isComplete: false });
});

test("names are cut to 256 bytes, and none where a value is no text", () => {
  const names = (value: unknown): ContainerNames["names"] =>
    namesBelow(CRI_SHIM, {
      ...CRI_FILES,
      [`${BUNDLES}/${ID}/config.json`]: bundle({ ...CONTAINER, "io.kubernetes.cri.container-name": value }),
    }).names;
  assert.equal(names("x".repeat(256)).container, "x".repeat(256));
  assert.equal(names("x".repeat(257)).container, `${"x".repeat(253)}...`);
  assert.equal(names("€".repeat(100)).container, `${"€".repeat(84)}...`);
  assert.equal(names("a\ud800").container, "a\ufffd");
  for (const value of ["", 1, null, true, [], ["web"], { web: 1 }])
    assert.deepEqual([names(value).container, names(value).pod], [undefined, "web-7d9f"]);
});
