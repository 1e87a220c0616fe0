/** Whose drops are after the process, or its container, has gone: its data is still sent again. */
import assert from "node:assert/strict";
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import type { Event } from "../../src/model/index.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { patient } from "../patience.ts";
import { OwnedDrops } from "./owned.ts";
import { Cgroup } from "./scenarios/cgroup.ts";
import { nftRule } from "./scenarios/rules.ts";
import { Sender } from "./sender.ts";

const LIMIT = { timeout: patient(40_000) };
const ID = "c1d0f0a87b89842f444bb1a3dfe0c62b678369b3c6bdeb4d8c6534feaf27a3fa";

describe("the owner of what is sent again", () => {
  let hosts: Hosts;
  let drops: OwnedDrops;
  let cgroup: Cgroup;
  let port: number;

  before(() => {
    cgroup = new Cgroup("");
  });
  after(() => cgroup[Symbol.dispose]());
  beforeEach(async () => {
    hosts = new Hosts(libcSyscalls);
    port = hosts.newPort();
    hosts.listen(4, port);
    // All but the handshake.
    nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${port} tcp flags & psh == psh drop`);
    drops = await OwnedDrops.open({ netns: [hosts.client.inode] });
  });
  afterEach(() => {
    drops[Symbol.dispose]();
    hosts[Symbol.dispose]();
  });

  const isData = (isOrphan: boolean) => (event: Event) =>
    event.flow?.dport === port &&
    event.packet?.flags?.includes("PSH") === true &&
    event.identity?.isOrphan === isOrphan;

  test("by a process that was killed: that one, as remembered", LIMIT, async () => {
    await using sender = await Sender.start(hosts.client, port);
    await sender.send();
    const { owner: held } = await drops.event(isData(false), "Data");
    assert.deepEqual([held?.by, held?.certainty, held?.process?.pid], ["socket", "certain", sender.pid]);
    await sender.end();
    const { owner } = await drops.event(isData(true), "Data of an orphan");
    assert.deepEqual(
      [owner?.by, owner?.certainty, owner?.process?.pid, owner?.process?.comm],
      ["remembered", "likely", sender.pid, "sender"],
    );
  });

  test("from a container that is gone with its cgroup: that container", LIMIT, async () => {
    const path = `${cgroup.path}/docker-${ID}.scope`;
    mkdirSync(path);
    await using sender = await Sender.start(hosts.client, port);
    writeFileSync(`${path}/cgroup.procs`, String(sender.pid));
    await sender.send();
    const { owner: held } = await drops.event(isData(false), "Data");
    assert.deepEqual([held?.workload?.runtime, held?.workload?.containerId], ["docker", ID]);
    await sender.end();
    await waitFor(() => removed(path), "The end of the cgroup");
    const { owner } = await drops.event(isData(true), "Data of an orphan");
    assert.deepEqual(
      [owner?.workload?.runtime, owner?.workload?.containerId, owner?.process?.pid],
      ["docker", ID, sender.pid],
    );
  });

  test(
    "from a container that nobody has seen, and that is gone: nobody's name is made up",
    LIMIT,
    async () => {
      const path = `${cgroup.path}/docker-${ID}.scope`;
      mkdirSync(path);
      await using sender = await Sender.start(hosts.client, port);
      writeFileSync(`${path}/cgroup.procs`, String(sender.pid));
      await sender.send();
      await sender.end();
      await waitFor(() => removed(path), "The end of the cgroup");
      // Only now somebody looks.
      using late = await OwnedDrops.open({ netns: [hosts.client.inode] });
      const { owner } = await late.event(isData(true), "Data of an orphan");
      assert.deepEqual([owner?.process, owner?.workload, owner?.missing], [undefined, undefined, "closed"]);
    },
  );
});

/** The last process of a cgroup may be in it for a moment longer. */
function removed(path: string): true | undefined {
  try {
    rmdirSync(path);
    return true;
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "EBUSY") return undefined;
    throw failure;
  }
}
