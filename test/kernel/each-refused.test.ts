/** Refused SYNs one by one, on kernels that allow probes on their functions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openKernelBtf } from "../../src/btf/index.ts";
import { KIND } from "../../src/capture/core/record-head.ts";
import { HEAD } from "../../src/capture/core/record-reader.ts";
import { RecordView } from "../../src/capture/core/record-view.ts";
import { PLAIN_REQUEST, type ProbeRequest } from "../../src/capture/kinds/drop/request.ts";
import type { FunctionProbe } from "../../src/capture/kinds/refused/syn-note.ts";
import { Tracer } from "../../src/capture/tracer.ts";
import { RefusedMaker } from "../../src/enrich/refused-maker.ts";
import { possibleCpus } from "../../src/host/cpus.ts";
import { WallClock } from "../../src/host/wall-clock.ts";
import { ADDRESS, type Family, Hosts, waitFor } from "../../src/lab/hosts.ts";
import { openDescriptors } from "../../src/sys/fd.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { patient } from "../patience.ts";
import { heldBy } from "./identified.ts";
import { counter, overfill, refusedEvents } from "./refused.ts";
import { Tracing } from "./tracing.ts";

const LIMIT = { timeout: patient(30_000) };
const btf = openKernelBtf();

function openBy(probe: FunctionProbe, request: Pick<ProbeRequest, "netns" | "family" | "owners">): Tracer {
  return Tracer.open(libcSyscalls, btf, {
    request: { ...PLAIN_REQUEST, ...request },
    ringBytes: 1 << 18,
    possibleCpus: possibleCpus(),
    refusedProbes: [probe],
  });
}

/** Why not, on other kernels. */
function whyNot(probe: FunctionProbe): string | undefined {
  using tracer = openBy(probe, { netns: [1], family: undefined });
  // A rejection by the verifier is not a property of the kernel.
  assert.doesNotMatch(tracer.problems.refused ?? "", /verifier/);
  return tracer.problems.refused;
}

type Refused = ReturnType<RefusedMaker["make"]>;

/** The refused SYNs in the ring, and how many other records stood between them. */
function drain(tracer: Tracer): { readonly syns: readonly Refused[]; readonly others: number } {
  const { data } = tracer.ring;
  const layout = tracer.layouts.refused ?? assert.fail("no refused SYNs are captured");
  const maker = new RefusedMaker(new RecordView(data), layout, WallClock.of(libcSyscalls));
  const syns: Refused[] = [];
  let others = 0;
  tracer.ring.drain((offset, length) => {
    if (data[offset + HEAD.kind] === KIND.refused) syns.push(maker.make(offset, length, syns.length));
    else others += 1;
  });
  return { syns, others };
}

for (const probe of ["fentry", "kprobe"] satisfies FunctionProbe[]) {
  const skip = whyNot(probe) ?? false;

  for (const family of [4, 6] satisfies Family[])
    test(`${probe}, IPv${family}: each SYN that ListenDrops counts, and no SYN that was answered`, {
      ...LIMIT,
      skip,
    }, async () => {
      using hosts = new Hosts(libcSyscalls);
      using tracer = openBy(probe, { netns: [hosts.server.inode], family: undefined, owners: true });
      const [port, open] = [hosts.newPort(), hosts.newPort()];
      const listener = hosts.listen(family, port, 0);
      hosts.listen(family, open, 10);
      overfill(hosts, family, open, 5);
      overfill(hosts, family, port, 6);
      await waitFor(
        () => (counter(hosts.server, "ListenDrops") >= 5 ? true : undefined),
        "Five refused SYNs",
      );
      tracer.detach();
      const { syns } = drain(tracer);
      assert.equal(syns.length, counter(hosts.server, "ListenDrops"));
      assert.deepEqual(tracer.further.refused?.counts(), {
        acceptQueueFull: syns.length,
        synQueueFull: 0,
        listenDrop: 0,
        lost: 0,
      });
      for (const { flow, site, device, socket, identity, detail } of syns) {
        const { inode, hasSocket, isOrphan, uid, form } = identity ?? {};
        assert.deepEqual(
          { inode, hasSocket, isOrphan, uid, form },
          { ...heldBy(listener), uid: 0, form: "full" },
        );
        assert.deepEqual(
          [flow?.ip, flow?.saddr, flow?.daddr, flow?.dport, site.reason, device?.netns, socket.state],
          [
            family,
            ADDRESS.client[family],
            ADDRESS.server[family],
            port,
            "ACCEPT_QUEUE_FULL",
            hosts.server.inode,
            "LISTEN",
          ],
        );
        assert.deepEqual([detail.acceptQueue, detail.acceptQueueLimit, detail.count], [1, 0, 1]);
      }
      assert.equal(
        new Set(syns.map(({ flow }) => flow?.sport)).size,
        syns.length,
        "each its own source port",
      );
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
      using tracer = openBy(probe, request);
      const from = counter(hosts.server, "ListenDrops");
      const port = hosts.newPort();
      hosts.listen(4, port, 0);
      overfill(hosts, 4, port, 4);
      await waitFor(
        () => (counter(hosts.server, "ListenDrops", from) >= 3 ? true : undefined),
        "Three refused SYNs",
      );
      assert.deepEqual([tracer.further.refused?.counts().acceptQueueFull, drain(tracer).syns], [0, []]);
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
