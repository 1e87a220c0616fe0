/**
 * Filters on real drops: one trace without a filter runs beside several with one. Each of those must show
 * exactly the drops of the first that its filter, evaluated in user space, accepts.
 */
import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { describe, test } from "node:test";
import { KernelTypes } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { kfreeSkbArguments } from "../../src/capture/kinds/drop/tracepoint-arguments.ts";
import { ReasonNames } from "../../src/enrich/reason-names.ts";
import { compilePredicate, dropSource } from "../../src/filter/index.ts";
import { openTrace, parseFilter, type Trace, type TraceItem } from "../../src/index.ts";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import { SCENES } from "../../src/lab/scenes.ts";
import type { DropEvent } from "../../src/model/index.ts";
import { CollectingSink } from "../../src/run/collecting-sink.test.kit.ts";
import { imbalance } from "../../src/run/ledger.ts";
import { startRun } from "../../src/run/start-run.ts";
import { filterHere } from "../../src/source/filter-here.ts";
import { openLive } from "../../src/source/open-live.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { factsOf } from "../drop-facts.ts";
import { patient, SLOWNESS } from "../patience.ts";

/** Evaluated in the kernel, in both, in user space; what user space cannot evaluate is in HEADERS. */
const FILTERS = [
  ...[
    "tcp",
    "ip",
    "ip6",
    "not ip",
    "port 81",
    "src port 9 or dst port 81",
    "portrange 1-1023",
    "host 192.0.2.9 or net 10/8",
    "src net 192.0.2.8/29",
    "ip6 and dst net 2001:db8::/32",
  ],
  ...[
    "flags syn",
    "flags rst or flags ack,!psh",
    "flags syn,!ack and not port 81",
    "payload > 0",
    "loopback",
    "reason NO_SOCKET",
    "reason *SOCKET* or TCP_*",
    "not reason NO_SOCKET",
  ],
  ...[
    "state ESTABLISHED",
    "state LISTEN or state CLOSE",
    "not state ESTABLISHED and ip",
    "direction tx",
    "direction rx",
    "direction forwarded or direction tx",
    "class loss",
    "class refused and ip6",
  ],
  ...[
    "class loss and ip or class refused and ip6",
    "(class loss and ip) or (class refused and ip6)",
    "iface lo",
    "not iface lo",
    "mark 0",
    "mark 0x1/0x1",
    "location tcp_v4_rcv or tcp_v6_rcv",
  ],
  ...[
    "not (class loss or port 81)",
    "cpu-pid 1",
    "not cpu-comm nginx",
    `net ${Array.from({ length: 100 }, (_unused, index) => `192.0.${index}.0/25`).join(" or ")}`,
  ],
] as const;

/** With equivalent filters, except for drops without an IP header, which have no bytes of one. */
const HEADERS = [
  ["ip[9] == 6", "ip"],
  ["ip[0] >> 4 == 4 and ip[12:4] == ip[12:4]", "ip"],
  ["ip6[6] == 6", "ip6"],
  ["tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn", "flags syn,!ack"],
  ["tcp[2:2] == 81 or tcp[0:2] == 81", "port 81"],
  // At a computed offset, the program reads the bytes again.
  ["tcp[(tcp[12] >> 4) * 0 + 2:2] == 81", "dst port 81"],
  ["tcp[(tcp[12] >> 4) * 0 - 1] >= 0 and class refused", "class refused"],
  ["len > 0 and class refused", "class refused"],
  ["class refused or tcp[13] & tcp-rst != 0", "class refused or flags rst"],
  [
    "(direction rx and ip6[0] & 0xf0 == 0x60) or (direction tx and ip[0] & 0xf0 == 0x40)",
    "(direction rx and ip6) or (direction tx and ip)",
  ],
] as const;

/** What identifies a drop in every trace. */
function keyOf(drop: DropEvent): string {
  const { reasonCode, locationAddress, saddr, daddr, sport, dport, seq, flags, state, netns, direction } =
    factsOf(drop);
  return [
    reasonCode,
    locationAddress,
    saddr,
    daddr,
    sport,
    dport,
    seq,
    flags?.join("+"),
    state,
    netns,
    direction,
  ].join(" ");
}

class Traced {
  readonly events: TraceItem[] = [];
  done: Promise<void> = Promise.resolve();
  readonly text: string;
  readonly by: string;

  private constructor(text: string, by: string) {
    this.text = text;
    this.by = by;
  }

  /** Attached when it resolves. */
  static async open(
    text: string,
    by: string,
    netns: readonly number[],
    signal: AbortSignal,
  ): Promise<Traced> {
    const traced = new Traced(text, by);
    const trace = await openTrace({
      netns,
      signal,
      all: true,
      stacks: "none",
      refusedSyns: false,
      // Sixty traces in one process would look for the same owners.
      owners: "none",
      filter: text === "" ? undefined : parseFilter(text),
      bufferBytes: 1 << 20,
    });
    traced.done = traced.#collect(trace);
    return traced;
  }

  async #collect(trace: Trace): Promise<void> {
    for await (const event of trace) this.events.push(event);
  }

  get drops(): readonly DropEvent[] {
    return this.events.filter((event) => event.kind === "drop");
  }
}

describe("filters on real drops", () => {
  test("show what they accept, and the identity holds", { timeout: patient(120_000) }, async (t) => {
    const btf = openKernelBtf();
    const names = ReasonNames.of(btf);
    const givesReasons = kfreeSkbArguments(new KernelTypes(btf)).reason !== undefined;
    using hosts = new Hosts(libcSyscalls, "veth");
    const netns = [hosts.client.inode, hosts.server.inode];
    const abort = new AbortController();
    setMaxListeners(0, abort.signal);
    const whole = await Traced.open("", "", netns, abort.signal);
    // If the kernel gives no reasons, only names that a location implies are valid.
    const wanted = [...FILTERS.map((text) => [text, text] as const), ...HEADERS].filter(
      ([text]) => givesReasons || !text.includes("reason"),
    );
    // In emulation, only every third: each is a program to build and verify.
    const tried = wanted.filter((_one, index) => SLOWNESS === 1 || index % 3 === 0);
    const traced: Traced[] = [];
    for (const [text, by] of tried) traced.push(await Traced.open(text, by, netns, abort.signal));
    for (const scene of SCENES) await scene.run(hosts);
    await waitFor(() => whole.drops.length >= SCENES.length / 2 || undefined, "drops");
    abort.abort();
    await Promise.all([whole, ...traced].map(({ done }) => done));

    let [shown, left] = [0, 0];
    for (const { text, by, drops, events } of traced) {
      const plan = filterHere(parseFilter(by), names, givesReasons);
      const accepts = compilePredicate(plan.root, dropSource(), { text: by });
      const asksHeader = /\bip6?\[/.test(text);
      const expected = whole.drops
        .filter((drop) => accepts(drop) && !(asksHeader && drop.flow.addressSource === "socket"))
        .map(keyOf);
      assert.deepEqual(drops.map(keyOf).toSorted(), expected.toSorted(), text);
      const summary = events.at(-1);
      assert(summary?.kind === "summary");
      assert.equal(imbalance(summary.totals), 0, text);
      assert(
        summary.totals.filtered >= whole.drops.length - expected.length,
        `${text}: ${summary.totals.filtered} filtered`,
      );
      shown += drops.length;
      left += whole.drops.length - drops.length;
    }
    t.diagnostic(`${whole.drops.length} drops, ${traced.length} filters: ${shown} shown, ${left} not`);
    assert(shown > traced.length && left > traced.length, "the filters accept some drops and not others");
  });

  test("are evaluated in user space if the kernel rejects the program", {
    timeout: patient(30_000),
  }, async () => {
    // More instructions than a jump can skip.
    const long = `${Array.from({ length: 15_000 }, (_unused, index) => `mark ${index + 1}`).join(" or ")} or dst port 81`;
    using hosts = new Hosts(libcSyscalls, "veth");
    const live = openLive({
      netns: [hosts.server.inode],
      all: true,
      listeners: false,
      filter: parseFilter(long),
    });
    const sink = new CollectingSink();
    await using run = startRun(live.source, { ...live, sinks: [sink] });
    assert.equal(live.source.facts.filters, false);
    for (const scene of SCENES.slice(0, 3)) await scene.run(hosts);
    await waitFor(() => sink.events.length > 0 || undefined, "a drop");
    const { totals } = await run.end();
    assert.equal(imbalance(totals), 0);
    assert(
      sink.events.every((event) => event.kind === "drop" && event.flow.dport === 81) && totals.filtered > 0,
      JSON.stringify(totals),
    );
  });

  test("that user space cannot evaluate are an error if the kernel rejects the program", () => {
    const long = Array.from(
      { length: 8_000 },
      (_unused, index) => `ip[8] == ${index & 255} and len == ${index}`,
    ).map((part) => `(${part})`);
    assert.throws(() => openLive({ filter: parseFilter(long.join(" or ")) }), {
      name: "FilterError",
      message:
        /^The filter is too long for the kernel's program \(.*\), and user space cannot evaluate it: it asks for bytes of headers/,
    });
  });

  test("of totals are an error if the kernel rejects the program: nothing else can evaluate them", () => {
    const long = Array.from({ length: 15_000 }, (_unused, index) => `mark ${index + 1}`).join(" or ");
    assert.throws(() => openLive({ filter: parseFilter(long), rows: false }), {
      name: "FilterError",
      message: /too long .* totals are counted in the kernel/,
    });
  });
});
