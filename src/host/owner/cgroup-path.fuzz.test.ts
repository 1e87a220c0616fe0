import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FUZZ_RUNS } from "../fuzz-runs.test.kit.ts";
import { chooseCgroupPath, parseCgroupPath } from "./cgroup-path.ts";

const hex = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: length, maxLength: length })
    .map((all) => all.map((digit) => digit.toString(16)).join(""));

/** Near what the patterns know. */
const part = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.constantFrom("docker", "lxc", "ecs", "garden", "nomad.slice", "kubepods", "..", "", "lxc.payload.a"),
  fc
    .tuple(
      fc.constantFrom("docker-", "libpod-", "x:crio:", "crio-conmon-", ""),
      hex(64),
      fc.constantFrom("", ".scope"),
    )
    .map((all) => all.join("")),
  hex(32).map((uid) => `kubepods-pod${uid}.slice`),
  fc.string({ maxLength: 20 }).map((name) => `machine-${name}\\x2d.scope`),
);
const path = fc.array(part, { maxLength: 12 }).map((parts) => `/${parts.join("/")}`);

test("parseCgroupPath says of any path only what stands in it", () => {
  fc.assert(
    fc.property(path, (text) => {
      const { workload, containerFolder, isHelper } = parseCgroupPath(text);
      const plain = text.replaceAll("_", "-").replaceAll(/\\x2d/g, "-");
      for (const value of [workload.unit, workload.containerId, workload.podUid, workload.containerOuter])
        assert.ok(
          value === undefined || plain.includes(value.replaceAll("_", "-").replaceAll(/\\x2d/g, "-")),
        );
      assert.equal(containerFolder === undefined, workload.containerId === undefined);
      assert.ok(containerFolder === undefined || !containerFolder.includes("/../"));
      assert.equal(typeof isHelper, "boolean");
      assert.deepEqual(parseCgroupPath(text), { workload, containerFolder, isHelper });
    }),
    { numRuns: FUZZ_RUNS },
  );
});

test("chooseCgroupPath chooses a line of any text, or nothing", () => {
  const line = fc.oneof(
    fc.string(),
    fc
      .tuple(fc.nat(99), fc.constantFrom("", "name=systemd", "cpu,cpuacct", "x"), path)
      .map((all) => all.join(":")),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const text = lines.join("\n");
      const chosen = chooseCgroupPath(text);
      assert.ok(
        chosen === undefined || (chosen.startsWith("/") && (chosen === "/" || text.includes(chosen))),
      );
    }),
    { numRuns: FUZZ_RUNS },
  );
});

test("parseCgroupPath takes no longer for what nearly matches", () => {
  const hostile = [
    `/${"machine-".repeat(500)}`,
    `/${":docker:".repeat(500)}`,
    `/${"\\x2d".repeat(1000)}.scope`,
    `/${"docker/".repeat(580)}`,
    `/${"a-pod".repeat(800)}`,
    `/nomad.slice/${"0123abcd-0123-0123-0123-0123456789ab.".repeat(100)}`,
    `/${"x".repeat(10_000_000)}`,
  ];
  for (const text of hostile) {
    const startMs = performance.now();
    for (let round = 0; round < 20; round += 1) parseCgroupPath(text);
    const eachMs = (performance.now() - startMs) / 20;
    // Where matching goes back again and again it takes seconds.
    assert.ok(eachMs < 50, `${text.slice(0, 30)}: ${eachMs} ms`);
  }
});
