/** Refused SYNs one by one, on kernels that allow probes on their functions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openKernelBtf } from "../../src/btf/index.ts";
import { decodeRefused, type RefusedSyn } from "../../src/capture/kinds/refused/decode-refused.ts";
import type { FunctionProbe } from "../../src/capture/kinds/refused/refused-programs.ts";
import { RefusedTracer } from "../../src/capture/kinds/refused/refused-tracer.ts";
import { UnsupportedError } from "../../src/errors.ts";
import { possibleCpus } from "../../src/host/cpus.ts";
import { ADDRESS, type Family, Hosts, waitFor } from "../../src/lab/hosts.ts";
import { openDescriptors } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { patient } from "../patience.ts";
import { counter, overfill, refusedEvents } from "./refused.ts";
import { Tracing } from "./tracing.ts";

const LIMIT = { timeout: patient(30_000) };
const btf = openKernelBtf();

/** Why not, on other kernels. */
function whyNot(probe: FunctionProbe): string | undefined {
  try {
    RefusedTracer.open(
      libcSyscalls,
      btf,
      { request: { netns: [1], family: undefined }, possibleCpus: possibleCpus() },
      [probe],
    )[Symbol.dispose]();
    return undefined;
  } catch (failure) {
    // A rejection by the verifier is not a property of the kernel.
    if (!(failure instanceof UnsupportedError) || /verifier/.test(failure.message)) throw failure;
    return failure.message;
  }
}

for (const probe of ["fentry", "kprobe"] satisfies FunctionProbe[]) {
  const skip = whyNot(probe) ?? false;

  for (const family of [4, 6] satisfies Family[])
    test(`${probe}, IPv${family}: each SYN that ListenDrops counts, and no SYN that was answered`, {
      ...LIMIT,
      skip,
    }, async () => {
      using hosts = new Hosts(libcSyscalls);
      using tracer = RefusedTracer.open(
        libcSyscalls,
        btf,
        { request: { netns: [hosts.server.inode], family: undefined }, possibleCpus: possibleCpus() },
        [probe],
      );
      const [port, open] = [hosts.newPort(), hosts.newPort()];
      hosts.listen(family, port, 0);
      hosts.listen(family, open, 10);
      overfill(hosts, family, open, 5);
      overfill(hosts, family, port, 6);
      await waitFor(
        () => (counter(hosts.server, "ListenDrops") >= 5 ? true : undefined),
        "Five refused SYNs",
      );
      tracer.detach();
      const syns: RefusedSyn[] = [];
      tracer.ring.drain((offset, length) => syns.push(decodeRefused(tracer.ring.data, offset, length)));
      assert.equal(syns.length, counter(hosts.server, "ListenDrops"));
      assert.deepEqual(tracer.counts(), {
        acceptQueueFull: syns.length,
        synQueueFull: 0,
        listenDrop: 0,
        lost: 0,
      });
      for (const syn of syns) {
        assert.deepEqual(
          [
            syn.ip,
            syn.saddr,
            syn.daddr,
            syn.dport,
            syn.cause,
            syn.netns,
            syn.acceptQueue,
            syn.acceptQueueLimit,
          ],
          [
            family,
            ADDRESS.client[family],
            ADDRESS.server[family],
            port,
            "ACCEPT_QUEUE_FULL",
            hosts.server.inode,
            1,
            0,
          ],
        );
      }
      assert.equal(new Set(syns.map(({ sport }) => sport)).size, syns.length, "each its own source port");
    });

  test(`${probe}: other namespaces and the other family are left out, and nothing stays open`, {
    ...LIMIT,
    skip,
  }, async () => {
    const before = openDescriptors();
    using hosts = new Hosts(libcSyscalls);
    const made = openDescriptors();
    for (const request of [
      { netns: [hosts.client.inode], family: undefined },
      { netns: [hosts.server.inode], family: 6 },
    ] as const) {
      using tracer = RefusedTracer.open(libcSyscalls, btf, { request, possibleCpus: possibleCpus() }, [
        probe,
      ]);
      const from = counter(hosts.server, "ListenDrops");
      const port = hosts.newPort();
      hosts.listen(4, port, 0);
      overfill(hosts, 4, port, 4);
      await waitFor(
        () => (counter(hosts.server, "ListenDrops", from) >= 3 ? true : undefined),
        "Three refused SYNs",
      );
      assert.deepEqual([tracer.counts().acceptQueueFull, tracer.ring.drain(() => undefined).records], [0, 0]);
    }
    assert.ok(made > before);
  });
}

test("a trace reports each with its own time, and the summary has their number", {
  ...LIMIT,
  skip: whyNot("fentry") === undefined ? false : (whyNot("kprobe") ?? false),
}, async () => {
  await using tracing = await Tracing.open();
  const { hosts } = tracing;
  const port = hosts.newPort();
  hosts.listen(4, port, 0);
  overfill(hosts, 4, port, 6);
  await waitFor(() => (refusedEvents(tracing.events).length >= 5 ? true : undefined), "Five events");
  const { totals } = await tracing.finish();
  const events = refusedEvents(tracing.events);
  assert.deepEqual(totals.refusedSyns, {
    count: events.length,
    atMost: false,
    byCause: { ACCEPT_QUEUE_FULL: events.length },
    causesAtMost: [],
    problem: undefined,
  });
  assert.equal(events.length, counter(hosts.server, "ListenDrops"));
  for (const { site, detail, timeNs } of events)
    assert.deepEqual(
      [site.source, detail.count, detail.atMost, detail.sinceNs],
      ["tcp_conn_request", 1, false, timeNs],
    );
});
