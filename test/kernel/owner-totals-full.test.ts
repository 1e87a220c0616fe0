/** Totals by cgroup when the kernel's map of them is full: what has no room is counted together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { attach, BpfMap, KernelTypes, Program } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { ringMap } from "../../src/capture/core/ring-map.ts";
import { ownerKey, siteKey, siteTotal } from "../../src/capture/kinds/drop/cpu-memory.ts";
import { dropDesign } from "../../src/capture/kinds/drop/drop-program.ts";
import { prepareOwners, readOwnerTotals } from "../../src/capture/kinds/drop/owner-totals.ts";
import { PLAIN_REQUEST } from "../../src/capture/kinds/drop/request.ts";
import { possibleCpus } from "../../src/host/cpus.ts";
import { Hosts } from "../../src/lab/hosts.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import { Scope } from "../../src/sys/scope.ts";
import { patient } from "../patience.ts";
import { Cgroup } from "./scenarios/cgroup.ts";
import { nftRule } from "./scenarios/rules.ts";

const SYNS = 6;

test("a cgroup that finds the map full is counted with others like it", { timeout: patient(60_000) }, () => {
  using hosts = new Hosts(sys);
  using cgroup = new Cgroup("");
  using scope = new Scope();
  const port = hosts.newPort();
  nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${port} drop`);
  const btf = openKernelBtf();
  const request = {
    ...PLAIN_REQUEST,
    netns: [hosts.client.inode],
    stacks: "none",
    rows: false,
    ownerTotals: true,
  } as const;
  const { maps, program: specOf } = dropDesign(new KernelTypes(btf), request, ringMap(1 << 16));
  const created = BpfMap.createAll(sys, scope, Object.values(maps), possibleCpus());
  const owners = created.get(maps.owners ?? assert.fail("it counts")) ?? assert.fail("it has the map");
  created.get(maps.sites)?.update(siteKey.encode({}), siteTotal.encode({}));
  prepareOwners(owners);
  // Ids that no folder has.
  for (let left = owners.spec.maxEntries - 1; left > 0; left -= 1)
    owners.update(ownerKey.encode({ cgroupId: (1n << 60n) + BigInt(left) }), new Uint8Array(8));
  const program = scope.own(Program.load(sys, specOf("probe"), btf, created));
  scope.own(attach(sys, program));
  for (let left = SYNS; left > 0; left -= 1) cgroup.inside(() => hosts.connect(4, port))[Symbol.dispose]();
  const all = readOwnerTotals(owners, true);
  assert.deepEqual(all, [{ cgroupId: undefined, site: undefined, count: SYNS }]);
});
