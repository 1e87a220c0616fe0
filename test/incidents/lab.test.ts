/** Nothing stays of an incident, whether it goes well, fails while it is built, or is killed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { openDescriptors } from "../../src/sys/fd.ts";
import { patient } from "../patience.ts";
import type { NamedIncident } from "./incident.ts";
import { Lab } from "./lab.ts";

const LIMIT = { timeout: patient(30_000) };
const ANSWERS = {
  findings: ["nothing-wrong"],
  what: /./,
  why: /./,
  matters: /./,
  stillGoingOn: false,
} as const;
const incident = (build: NamedIncident["build"]): NamedIncident => ({
  name: "test",
  title: "",
  watch: "server",
  build,
  run: () => Promise.resolve({ drops: {} }),
  expected: { drops: {}, answers: ANSWERS },
});
const ownNames = (): readonly string[] =>
  readdirSync("/run/netns").filter((name) => name.startsWith("inc-") && name.endsWith(`-${process.pid}`));
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

test(
  "Lab: names lead to its namespaces, and processes, names and descriptors go with it",
  LIMIT,
  async () => {
    const before = openDescriptors();
    let pid = 0;
    {
      await using lab = await Lab.open(incident((opened) => opened.serve()));
      pid = lab.serverPid;
      const { answered } = await lab.load({
        kind: "fetch",
        path: "/1",
        connections: 1,
        atOnce: 1,
        limitMs: patient(5000),
      });
      assert.equal(answered, 1);
      const listening = spawnSync("ip", ["netns", "exec", lab.netnsArgument("server"), "ss", "-ltn"]);
      assert.match(String(listening.stdout), /:8080/);
      assert.equal(ownNames().length, 3);
    }
    assert.deepEqual(ownNames(), []);
    assert.equal(isAlive(pid), false);
    assert.equal(openDescriptors(), before);
  },
);

test("Lab: a failure while it is built removes all too", LIMIT, async () => {
  let pid = 0;
  const failing = incident(async (lab) => {
    await lab.serve();
    pid = lab.serverPid;
    throw new Error("not built");
  });
  await assert.rejects(Lab.open(failing), /not built/);
  assert.deepEqual(ownNames(), []);
  assert.equal(isAlive(pid), false);
});

test(
  "Lab: names that a killed run left behind are removed, and those of living ones stay",
  LIMIT,
  async () => {
    const ended = spawnSync("true").pid;
    writeFileSync(`/run/netns/inc-server-${ended}`, "");
    writeFileSync("/run/netns/inc-server-1", "");
    try {
      await using _lab = await Lab.open(incident(() => undefined));
      assert.equal(existsSync(`/run/netns/inc-server-${ended}`), false);
      assert.equal(existsSync("/run/netns/inc-server-1"), true);
    } finally {
      spawnSync("ip", ["netns", "del", "inc-server-1"]);
    }
  },
);
