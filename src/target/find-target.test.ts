import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { UsageError } from "../errors.ts";
import { parseFilter } from "../filter-language/index.ts";
import { FakeMachine, HOST_NETNS } from "./fake-machine.test.kit.ts";
import { findTargetHere } from "./find-target.ts";

const IDS = [
  "55ea3863351726184e26ca7418f577d04c96dac0009e1f088f6c0c7a1dc2ed7c",
  "55ea".padEnd(64, "0"),
] as const;
const NETNS = 4_026_532_246;
const POD_UID = "aaaabbbb-1111-2222-3333-444455556666";
const SLICE = `/kubepods.slice/kubepods-pod${POD_UID.replaceAll("-", "_")}.slice`;
const SANDBOX = "10ec3c89629f71226b227e6510b2d465168b24005bbdcc5d7940517080830635";

/** What it chose, without words. */
async function chosen(machine: FakeMachine, text: string) {
  const { netns, filter, life } = await findTargetHere(text, machine.options);
  return { netns, filter, life: life?.kind };
}

/** A pod of two containers and a sandbox, named by the folder of its logs and by containerd's bundle. */
function withPod(machine: FakeMachine, netns: number): void {
  const cri = "io.kubernetes.cri.";
  const bundle = (id: string, type: string, name: string): void =>
    machine.write(
      `bundles/${id}/config.json`,
      JSON.stringify({
        ociVersion: "1.0.2",
        annotations: {
          [`${cri}container-type`]: type,
          [`${cri}sandbox-name`]: "web-7d9f",
          [`${cri}sandbox-namespace`]: "shop",
          [`${cri}sandbox-uid`]: POD_UID,
          [`${cri}container-name`]: name,
        },
      }),
    );
  bundle(SANDBOX, "sandbox", "");
  bundle(IDS[0], "container", "web");
  bundle(IDS[1], "container", "proxy");
  const cmdline = ["containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", SANDBOX];
  machine.add({ pid: 200, ppid: 1, comm: "containerd-shim", cmdline, cwd: `bundles/${SANDBOX}` });
  for (const [at, id] of [SANDBOX, ...IDS].entries())
    machine.add({
      pid: 201 + at,
      ppid: 200,
      comm: ["pause", "web", "envoy"][at] ?? "",
      cgroup: `${SLICE}/cri-containerd-${id}.scope`,
      netns,
      addresses: ["10.1.2.3", "127.0.0.1"],
    });
}

describe("findTargetHere", () => {
  test("filters by the process, where that is in the host's namespace", async () => {
    using machine = new FakeMachine();
    assert.deepEqual(await chosen(machine, "90"), {
      netns: [HOST_NETNS],
      filter: "pid 90",
      life: "process",
    });
    assert.deepEqual((await chosen(machine, "pid:1")).filter, "pid 1");
  });

  test("traces the namespace of a process that is alone in it, and its addresses in the host's", async () => {
    using machine = new FakeMachine();
    machine.add({ pid: 100, ppid: 90, netns: NETNS, addresses: ["192.0.2.7", "127.0.0.1", "169.254.1.1"] });
    assert.deepEqual(await chosen(machine, "100"), {
      netns: [NETNS, HOST_NETNS],
      filter: `netns ${NETNS} or host 192.0.2.7`,
      life: "netns",
    });
    const alone = await findTargetHere("100", { ...machine.options, alone: true });
    assert.deepEqual([alone.netns, alone.filter], [[NETNS], undefined]);
    machine.add({ pid: 101, ppid: 100, netns: NETNS });
    assert.deepEqual(await chosen(machine, "100"), { netns: [NETNS], filter: "pid 100", life: "process" });
  });

  test("finds a unit by its name, with and without .service, wherever its processes are", async () => {
    using machine = new FakeMachine();
    machine.add({ pid: 100, ppid: 1, cgroup: "/system.slice/nginx.service" });
    for (const text of ["nginx", "nginx.service", "unit:nginx"])
      assert.deepEqual(await chosen(machine, text), {
        netns: [HOST_NETNS],
        filter: "unit nginx.service",
        life: undefined,
      });
    machine.add({ pid: 101, ppid: 100, cgroup: "/system.slice/nginx.service", netns: NETNS });
    assert.deepEqual(await chosen(machine, "nginx"), {
      netns: [HOST_NETNS, NETNS],
      filter: `netns ${NETNS} or unit nginx.service`,
      life: undefined,
    });
  });

  test("takes a unit that systemd knows and that does not run", async () => {
    using machine = new FakeMachine();
    machine.write("usr/lib/systemd/system/nginx.service", "");
    machine.write("usr/lib/systemd/system/getty@.service", "");
    const { what, netns, filter } = await findTargetHere("nginx", machine.options);
    assert.equal(what, "unit nginx.service, of which no process runs now");
    assert.deepEqual([netns, filter], [undefined, "unit nginx.service"]);
    assert.equal((await chosen(machine, "getty@tty1.service")).filter, "unit getty@tty1.service");
    await assert.rejects(findTargetHere("getty@../x.service", machine.options), UsageError);
    await assert.rejects(findTargetHere("container:nginx", machine.options), UsageError);
  });

  test("leaves a unit inside of a container to the container, and finds a quadlet's", async () => {
    using machine = new FakeMachine();
    machine.add({ pid: 100, ppid: 1, cgroup: "/lxc.payload.guest/system.slice/ssh.service", netns: NETNS });
    await assert.rejects(findTargetHere("unit:ssh", machine.options), UsageError);
    assert.deepEqual((await chosen(machine, "guest")).netns, [NETNS]);
    machine.add({ pid: 101, ppid: 1, cgroup: `/system.slice/db.service/libpod-payload-${IDS[0]}`, netns: 7 });
    assert.deepEqual((await chosen(machine, "unit:db")).netns, [7]);
  });

  test("finds a container by name, id, and the beginning of that", async () => {
    using machine = new FakeMachine();
    machine.podman(101, IDS[0], "web", { netns: NETNS, addresses: ["10.88.0.2"] });
    machine.podman(111, IDS[1], "db", { netns: NETNS + 1 });
    for (const text of ["web", "container:web", IDS[0], IDS[0].slice(0, 12), IDS[0].slice(0, 5)])
      assert.deepEqual(await chosen(machine, text), {
        netns: [NETNS, HOST_NETNS],
        filter: `netns ${NETNS} or host 10.88.0.2`,
        life: "netns",
      });
    await assert.rejects(findTargetHere("55e", machine.options), UsageError, "too short");
    await assert.rejects(findTargetHere("55ea", machine.options), /may be one of 2/);
    machine.podman(121, "a".repeat(64), "55ea", { netns: NETNS + 2 });
    assert.deepEqual((await chosen(machine, "55ea")).netns, [NETNS + 2], "a name stands above an id");
  });

  test("filters by a container's name in a namespace that is another's, and says who else is there", async () => {
    using machine = new FakeMachine();
    machine.podman(101, IDS[0], "web", { netns: NETNS });
    machine.podman(111, IDS[1], "joined", { netns: NETNS });
    assert.deepEqual(await chosen(machine, "joined"), {
      netns: [NETNS],
      filter: "container joined",
      life: undefined,
    });
    const { filter, notes } = await findTargetHere("web", machine.options);
    assert.equal(filter, undefined);
    assert.deepEqual(notes, ["Also shown, for they are in that namespace too: container joined"]);
    machine.podman(121, "a".repeat(64), "joined");
    assert.deepEqual(await chosen(machine, "container:aaaa"), {
      netns: [HOST_NETNS],
      filter: "container aaaaaaaaaaaa",
      life: undefined,
    });
  });

  test("is not led astray by a cgroup that a container calls like another one", async () => {
    using machine = new FakeMachine();
    machine.podman(101, IDS[0], "web", { netns: NETNS });
    const inside = `/machine.slice/libpod-${IDS[1]}.scope/libpod-${IDS[0]}.scope`;
    machine.podman(111, IDS[1], "evil", { netns: NETNS + 1 });
    machine.add({ pid: 112, ppid: 111, netns: NETNS + 1, cgroup: inside });
    for (const text of ["web", IDS[0], `container:${IDS[0].slice(0, 12)}`])
      assert.deepEqual((await chosen(machine, text)).netns, [NETNS], text);
  });

  test("says of a unit in two namespaces where each part is", async () => {
    using machine = new FakeMachine();
    const cgroup = "/system.slice/nginx.service";
    machine.add({ pid: 100, ppid: 1, cgroup });
    machine.add({ pid: 101, ppid: 100, cgroup, netns: NETNS, addresses: ["192.0.2.7"] });
    const { where, filter } = await findTargetHere("nginx", machine.options);
    assert.equal(filter, `netns ${NETNS} or host 192.0.2.7 or unit nginx.service`);
    assert.equal(
      where,
      `in its network namespace ${NETNS}, and the host's by its address 192.0.2.7, and the host's network namespace (2 processes)`,
    );
  });

  test("takes a shell that entered a container's namespace for nobody's claim to it", async () => {
    using machine = new FakeMachine();
    machine.podman(101, IDS[0], "web", { netns: NETNS });
    machine.add({ pid: 300, ppid: 90, comm: "bash", netns: NETNS });
    const { filter, notes } = await findTargetHere("web", machine.options);
    assert.deepEqual(
      [filter, notes],
      [undefined, ["Also shown, for they are in that namespace too: bash[300]"]],
    );
  });

  test("traces the namespace of a pod, for a container in it too", async () => {
    using machine = new FakeMachine();
    withPod(machine, NETNS);
    for (const text of ["shop/web-7d9f", "web-7d9f", "pod:web-7d9f", `pod:${POD_UID}`, "web", "proxy"])
      assert.deepEqual(
        await chosen(machine, text),
        { netns: [NETNS, HOST_NETNS], filter: `netns ${NETNS} or host 10.1.2.3`, life: "netns" },
        text,
      );
    const { what, notes } = await findTargetHere("web", machine.options);
    assert.equal(what, `container web (containerd, ${IDS[0].slice(0, 12)}, pod shop/web-7d9f)`);
    assert.deepEqual(notes, ["Also shown, for they are in that namespace too: container proxy"]);
  });

  test("filters by name for a pod in the host's namespace", async () => {
    using machine = new FakeMachine();
    withPod(machine, HOST_NETNS);
    assert.equal((await chosen(machine, "web-7d9f")).filter, "pod shop/web-7d9f");
    assert.equal((await chosen(machine, "web")).filter, "(pod shop/web-7d9f and container web)");
  });

  test("lists what has the name, with what to type", async () => {
    using machine = new FakeMachine();
    machine.podman(101, IDS[0], "nginx", { netns: NETNS });
    machine.add({ pid: 200, ppid: 1, cgroup: "/system.slice/nginx.service" });
    await assert.rejects(findTargetHere("nginx", machine.options), {
      name: "UsageError",
      message: '"nginx" may be one of 2',
      hint:
        "Write which:\n  unit:nginx.service  unit nginx.service, 1 process\n" +
        "  container:55ea38633517  container nginx (podman, 55ea38633517), 1 process",
    });
  });

  test("says what is called nearly so", async () => {
    using machine = new FakeMachine();
    machine.podman(101, IDS[0], "web-frontend");
    await assert.rejects(findTargetHere("web-fronted", machine.options), {
      message: /^No unit, container or pod that runs is called "web-fronted": 4 processes were looked at$/,
      hint: /^Did you mean container:web-frontend\? Write a process id/,
    });
  });

  test("narrows nothing down by a namespace that cannot be read", async () => {
    using machine = new FakeMachine();
    machine.add({ pid: 100, ppid: 1, cgroup: "/system.slice/nginx.service", netns: NETNS });
    machine.add({ pid: 101, ppid: 1, cgroup: "/system.slice/nginx.service", netns: "unreadable" });
    const { netns, filter, where, notes } = await findTargetHere("nginx", machine.options);
    assert.deepEqual([netns, where], [undefined, undefined]);
    assert.equal(filter, `netns ${NETNS} or unit nginx.service`);
    assert.match(notes[0] ?? "", /cannot be read, which needs CAP_SYS_PTRACE/);
  });

  test("finds no process where their numbers are not the host's", async () => {
    using machine = new FakeMachine(false);
    await assert.rejects(findTargetHere("90", machine.options), /not the host's/);
  });

  test("makes a filter that means the name and nothing else, or an error, of any name", async () => {
    const anyName = fc.oneof(
      fc.string({ minLength: 1, maxLength: 12 }),
      fc.string({ unit: fc.constantFrom(..."'\" ()|&!or\\#*".split("")), minLength: 1, maxLength: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(anyName, async (name) => {
        using machine = new FakeMachine();
        machine.podman(101, IDS[0], name);
        try {
          const { filter = "", what } = await findTargetHere(`container:${IDS[0]}`, machine.options);
          const { root } = parseFilter(filter);
          assert.ok(root.kind === "owner" && root.word === "container");
          assert.ok([name, IDS[0].slice(0, 12)].includes(root.value), filter);
          assert.match(what, /^[\x20-\x7e]*$/);
        } catch (failure) {
          assert.ok(failure instanceof UsageError, String(failure));
        }
      }),
      { numRuns: 100 },
    );
  });
});
