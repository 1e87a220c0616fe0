import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import type { OwnerProcess, Workload } from "../../model/owner.ts";
import { fixtureRoot } from "../fixture-root.test.kit.ts";
import { parseCgroupPath } from "./cgroup-path.ts";
import { ipNetnsNames, type NetnsEvidence, nameNetns } from "./netns-name.ts";

const PROCESS: OwnerProcess = { pid: 1234, startNs: 1n, comm: "nginx", exe: undefined };
const workload = (of: Partial<Workload>): Workload => ({ ...parseCgroupPath("/").workload, ...of });
const POD = workload({ pod: "web-7d9f", podNamespace: "shop", container: "web" });
const NGINX = workload({ unit: "nginx.service" });
const NONE: NetnsEvidence = { isHost: false, workloads: [], ipNetnsName: undefined, oldest: undefined };
const oldest = (of: Workload | undefined) => ({ process: PROCESS, workload: of });

const NAMED: readonly { what: string; evidence: Partial<NetnsEvidence>; name: string | undefined }[] = [
  { what: "nothing", evidence: {}, name: undefined },
  { what: "the host's, whoever is in it", evidence: { isHost: true, workloads: [POD] }, name: "host" },
  {
    what: "a pod, before other names",
    evidence: { workloads: [NGINX, POD, POD], ipNetnsName: "blue", oldest: oldest(NGINX) },
    name: "shop/web-7d9f",
  },
  { what: "a sandbox", evidence: { workloads: [workload({ pod: "p", podNamespace: "n" })] }, name: "n/p" },
  {
    what: "a container",
    evidence: { workloads: [workload({ container: "db" })], ipNetnsName: "blue" },
    name: "db",
  },
  {
    what: "two containers, by the oldest process",
    evidence: {
      workloads: [workload({ container: "db" }), workload({ container: "web" })],
      oldest: oldest(workload({ container: "db" })),
    },
    name: "db",
  },
  {
    what: "two pods, and no process that says which was first",
    evidence: { workloads: [POD, workload({ pod: "x", podNamespace: "y" })], ipNetnsName: "blue" },
    name: "blue",
  },
  {
    what: "`ip netns`, before the unit",
    evidence: { ipNetnsName: "blue", oldest: oldest(NGINX) },
    name: "blue",
  },
  { what: "a unit", evidence: { workloads: [NGINX], oldest: oldest(NGINX) }, name: "nginx.service" },
  { what: "a process", evidence: { oldest: oldest(undefined) }, name: "nginx[1234]" },
];

for (const { what, evidence, name } of NAMED)
  test(`nameNetns: ${what}`, () => {
    assert.equal(nameNetns({ ...NONE, ...evidence }), name);
  });

test("ipNetnsNames passes over what is no namespace", () => {
  using root = fixtureRoot({ "run/netns/blue": "", "run/netns/red/x": "" });
  assert.equal(spawnSync("mkfifo", [`${root.path}/run/netns/green`]).status, 0);
  assert.equal(ipNetnsNames(root.path).size, 0);
});
