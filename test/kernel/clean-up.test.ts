/** What a run leaves behind: nothing. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { programsOf } from "../../bench/process.ts";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import { openDescriptors } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { openMappings } from "../../src/sys/mapping.ts";
import { RunningCommand } from "../cli/command-line.ts";
import { listPrograms } from "../lab/list-programs.ts";
import { patient } from "../patience.ts";
import { resets, Storm } from "./storm.ts";
import { Tracing } from "./tracing.ts";

const LIMIT = { timeout: patient(30_000) };

test("SIGKILL leaves no program behind", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using command = new RunningCommand(["--netns", String(hosts.server.inode), "--no-stack"]);
  await command.attached();
  const ids = new Set(programsOf(command.pid));
  const held = (): readonly string[] =>
    listPrograms(libcSyscalls)
      .filter(({ id }) => ids.has(id))
      .map(({ name }) => name);
  const names = [...new Set(held())].sort().join();
  const ways = [
    "tcpdrop_answer,tcpdrop_kfree,tcpdrop_refused,tcpdrop_sockets,tcpdrop_syn,tcpdrop_tasks",
    "tcpdrop_closed,tcpdrop_kfree,tcpdrop_listen,tcpdrop_sockets,tcpdrop_tasks",
  ];
  // If the kernel does not allow reporting refused SYNs, the command says so.
  const isUncounted = command.stderr.includes("Refused SYNs are not counted");
  const wanted = isUncounted ? ["tcpdrop_kfree,tcpdrop_sockets,tcpdrop_tasks"] : ways;
  assert(wanted.includes(names), names);
  await using _storm = new Storm(hosts);
  await waitFor(() => (command.stdout.length > 1000 ? true : undefined), "A drop");
  const { signal } = await command.end("SIGKILL");
  assert.equal(signal, "SIGKILL");
  await waitFor(() => (held().length === 0 ? true : undefined), "The end of the program");
});

test("a trace releases every descriptor and mapping", LIMIT, async () => {
  const open = () => ({
    owned: openDescriptors(),
    mappings: openMappings(),
    process: readdirSync("/proc/self/fd").length,
  });
  const traceOnce = async (): Promise<void> => {
    await using tracing = await Tracing.open();
    tracing.hosts.injectAll(resets(0, 10));
    await tracing.expectEvent(() => true, "A drop");
    await tracing.finish();
  };
  // The first one opens descriptors that the process keeps: libuv's own.
  await traceOnce();
  const before = open();
  for (let round = 0; round < 3; round += 1) await traceOnce();
  // libuv closes a poll handle at a later turn of the loop.
  await waitFor(() => (open().process === before.process ? true : undefined), "The closing of descriptors");
  assert.deepEqual(open(), before);
});
