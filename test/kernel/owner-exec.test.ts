/** A process that holds a socket and calls execve(2): name and program are those of the same moment. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readlinkSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import type { Event } from "../../src/model/index.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { sendBytes } from "../../src/sys/sockets.ts";
import { patient } from "../patience.ts";
import { OwnedDrops } from "./owned.ts";
import { nftRule } from "./scenarios/rules.ts";

/** Links called "worker" to programs: each runs under that name. */
function workers(folder: string): { readonly shell: string; readonly sleep: string } {
  const linkTo = (name: string, program: string): string => {
    mkdirSync(join(folder, name));
    symlinkSync(program, join(folder, name, "worker"));
    return join(folder, name, "worker");
  };
  return { shell: linkTo("shell", "/bin/sh"), sleep: linkTo("sleep", "/bin/sleep") };
}

test("owner_exe is the program that runs, also where the next one has the same name", {
  timeout: patient(40_000),
}, async (t) => {
  if (basename(realpathSync("/bin/sh")) === "busybox") return t.skip("busybox's programs go by their names");
  using hosts = new Hosts(libcSyscalls);
  using drops = await OwnedDrops.open({ netns: [hosts.client.inode] });
  const folder = mkdtempSync(join(tmpdir(), "tcpdrop-"));
  const { shell, sleep } = workers(folder);
  const end = await hosts.establish(4, hosts.newPort());
  const child = hosts.client.inside(() =>
    spawn(shell, ["-c", `read line; exec ${sleep} 60`], {
      stdio: ["pipe", "ignore", "inherit", end.client.fd],
    }),
  );
  const exe = (): string => readlinkSync(`/proc/${child.pid}/exe`);
  /** Of the next time that TCP sends the data again. */
  const ownerOfNext = async (): Promise<unknown[]> => {
    const fromNs = BigInt(Date.now()) * 1_000_000n;
    const isNew = ({ timeNs }: Event): boolean => timeNs > fromNs;
    const { owner } = await drops.event(isNew, "A drop");
    return [owner?.process?.pid, owner?.process?.comm, owner?.process?.exe];
  };
  try {
    await once(child, "spawn");
    nftRule(hosts.client, "inet", "filter hook output", `tcp dport ${end.serverPort} drop`);
    sendBytes(end.client, Buffer.from("hello"));
    end.client[Symbol.dispose]();
    const before = exe();
    assert.deepEqual(await ownerOfNext(), [child.pid, "worker", before]);
    child.stdin?.write("go on\n");
    const after = await waitFor(() => (exe() === before ? undefined : exe()), "The other program");
    // What was seen within a quarter of a second is told as it is.
    await setTimeout(300);
    assert.deepEqual(await ownerOfNext(), [child.pid, "worker", after]);
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
    rmSync(folder, { recursive: true });
  }
});
