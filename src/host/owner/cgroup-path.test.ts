import assert from "node:assert/strict";
import { test } from "node:test";
import type { Workload } from "../../model/owner.ts";
import { chooseCgroupPath, parseCgroupPath } from "./cgroup-path.ts";
import { SEEN_PATHS } from "./cgroup-paths-seen.test.kit.ts";

const ID = "7951fb549ab99e0722a949b6c121634e1f3a36b5bacbe5392991e3b12251e6b8";
const OTHER = "4cc818a75eb691c5efb9c943b0c3a26ec8e0a05acb60bef4717315e65d671774";

for (const { seen, path, says, isHelper = false } of SEEN_PATHS)
  test(`parseCgroupPath: ${path} (${seen})`, () => {
    const { workload, ...rest } = parseCgroupPath(path);
    for (const [name, value] of Object.entries(says))
      assert.equal(workload[name as keyof Workload], value, name);
    assert.equal(rest.isHelper, isHelper);
    assert.equal(rest.containerFolder === undefined, workload.containerId === undefined);
  });

test("parseCgroupPath says which folder is the container's own", () => {
  const own = `/machine.slice/libpod-${ID}.scope`;
  assert.equal(parseCgroupPath(`${own}/container/x`).containerFolder, own);
  const inner = `/docker/${OTHER}/kubelet/kubepods/pod4841248b-fc2f-41f4-9981-a685bf840ab5/${ID}`;
  assert.equal(parseCgroupPath(`${inner}/init.scope`).containerFolder, inner);
  assert.equal(parseCgroupPath("/system.slice/ssh.service").containerFolder, undefined);
});

test("parseCgroupPath takes a unit's name as systemctl takes it", () => {
  const unit = (path: string): string | undefined => parseCgroupPath(path).workload.unit;
  assert.equal(unit("/system.slice/app-gnome\\x2dterminal.scope"), "app-gnome\\x2dterminal.scope");
  assert.equal(unit("/system.slice/_cgroup.service"), "cgroup.service");
  assert.equal(unit("/system.slice"), undefined);
  // A unit of a container's own systemd, and one around a container.
  assert.equal(unit(`/docker/${ID}/system.slice/nginx.service`), "nginx.service");
  assert.equal(unit(`/system.slice/web.service/libpod-payload-${ID}`), "web.service");
});

test("parseCgroupPath takes no other words for a container", () => {
  const paths = [
    `/docker-${ID.slice(1)}.scope`,
    `/docker-${ID}0.scope`,
    `/docker-${ID.toUpperCase()}.scope`,
    `/xdocker-${ID}.scope`,
    "/machine-.scope",
    "/lxc.payload.",
    `/docker-${ID}.scope.d`,
    `/${"docker-".repeat(1000)}${ID}`,
  ];
  for (const path of paths) assert.equal(parseCgroupPath(path).workload.containerId, undefined, path);
});

const V1 = `9:name=systemd:/docker/${ID}\n8:pids:/docker/${ID}\n2:cpuacct,cpu:/docker/${ID}\n`;
const CHOICES: readonly { what: string; text: string; chosen: string | undefined }[] = [
  { what: "cgroup v2", text: "0::/system.slice/ssh.service\n", chosen: "/system.slice/ssh.service" },
  { what: "the root of cgroup v2", text: "0::/\n", chosen: "/" },
  { what: "a path with colons", text: `0::/a.slice:docker:${ID}\n`, chosen: `/a.slice:docker:${ID}` },
  { what: "cgroup v1 alone", text: V1, chosen: `/docker/${ID}` },
  { what: "hybrid, the container in v1", text: `${V1}0::/\n`, chosen: `/docker/${ID}` },
  {
    what: "hybrid, containers in both",
    text: `${V1}0::/docker/${OTHER}\n`,
    chosen: `/docker/${OTHER}`,
  },
  {
    what: "hybrid, only pids knows",
    text: `9:name=systemd:/\n8:pids:/docker/${ID}\n0::/\n`,
    chosen: `/docker/${ID}`,
  },
  {
    what: "hybrid, a unit in systemd's hierarchy",
    text: "9:name=systemd:/system.slice/ssh.service\n8:pids:/else\n0::/init.scope\n",
    chosen: "/system.slice/ssh.service",
  },
  { what: "hybrid, only memory is divided", text: "9:name=systemd:/\n4:memory:/x/1\n0::/\n", chosen: "/" },
  { what: "v1, and no systemd", text: "3:memory:/x\n", chosen: "/x" },
  {
    what: "from a cgroup namespace",
    text: "0::/../../system.slice/ssh.service\n",
    chosen: "/system.slice/ssh.service",
  },
  { what: "the parent of a cgroup namespace", text: "0::/..\n", chosen: "/" },
  { what: "a name that begins with dots", text: "0::/..x\n", chosen: "/..x" },
  { what: "a removed cgroup", text: `0::/docker/${ID} (deleted)\n`, chosen: `/docker/${ID}` },
  { what: "nothing", text: "", chosen: undefined },
  { what: "other text", text: "cgroup\n0:\n::\n0::relative\nx:y:/z\n", chosen: undefined },
];

for (const { what, text, chosen } of CHOICES)
  test(`chooseCgroupPath: ${what}`, () => {
    assert.equal(chooseCgroupPath(text), chosen);
  });
