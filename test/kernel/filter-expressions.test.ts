/**
 * Filters on real drops: one trace without a filter runs beside several with one. Each of those must show
 * exactly the drops of the first that its filter, evaluated in user space, accepts.
 */
import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { test } from "node:test";
import { KernelTypes } from "../../src/bpf/index.ts";
import { openKernelBtf } from "../../src/btf/index.ts";
import { kfreeSkbArguments } from "../../src/capture/kinds/drop/tracepoint-arguments.ts";
import { ReasonNames } from "../../src/enrich/reason-names.ts";
import { compilePredicate, dropSource } from "../../src/filter/index.ts";
import { openTrace, parseFilter, type Trace, type TraceItem } from "../../src/index.ts";
import { Hosts, waitFor } from "../../src/lab/hosts.ts";
import { SCENES } from "../../src/lab/scenes.ts";
import { closedPort } from "../../src/lab/tcp-scenes.ts";
import type { DropEvent } from "../../src/model/index.ts";
import { imbalance } from "../../src/run/ledger.ts";
import { filterHere } from "../../src/source/filter-here.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { factsOf } from "../drop-facts.ts";
import { patient, SLOWNESS } from "../patience.ts";

/**
 * In emulation, where each trace takes seconds: one for each thing of the kernel that a filter reads, or that its
 * program does.
 */
const EMULATED: ReadonlySet<string> = new Set([
  "src port 9 or dst port 81",
  "flags syn,!ack and not port 81",
  "reason *SOCKET* or TCP_*",
  "not state ESTABLISHED and ip",
  "direction forwarded or direction tx",
  "(class loss and ip) or (class refused and ip6)",
  "not iface lo",
  "location tcp_v4_rcv or tcp_v6_rcv",
  "tcp[(tcp[12] >> 4) * 0 + 2:2] == 81",
  "(direction rx and ip6[0] & 0xf0 == 0x60) or (direction tx and ip[0] & 0xf0 == 0x40)",
]);

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

/** A trace with a filter, and the keys of what it must show. */
interface Expected {
  readonly traced: Traced;
  readonly keys: readonly string[];
}

test("filters on real drops show what they accept, and the identity holds", {
  timeout: patient(120_000),
}, async (t) => {
  const btf = openKernelBtf();
  const names = ReasonNames.of(btf);
  const givesReasons = kfreeSkbArguments(new KernelTypes(btf)).reason !== undefined;
  using hosts = new Hosts(libcSyscalls, "veth");
  const netns = [hosts.client.inode, hosts.server.inode];
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  const whole = await Traced.open("", "", netns, abort.signal);
  // If the kernel gives no reasons, only names that a location implies are valid.
  const tried = [...FILTERS.map((text) => [text, text] as const), ...HEADERS].filter(
    ([text]) => (givesReasons || !text.includes("reason")) && (SLOWNESS === 1 || EMULATED.has(text)),
  );
  const traces: Traced[] = [];
  for (const [text, by] of tried) traces.push(await Traced.open(text, by, netns, abort.signal));
  for (const scene of SCENES) await scene.run(hosts);
  // What comes later, as SYN-ACKs that are sent again, is not seen by all: they end one after another.
  const untilNs = process.hrtime.bigint();
  const before = ({ drops }: Traced): readonly DropEvent[] =>
    drops.filter(({ ktimeNs }) => ktimeNs <= untilNs);
  await closedPort(4).run(hosts);
  await waitFor(() => whole.drops.find(({ ktimeNs }) => ktimeNs > untilNs), "The last drop");
  const all = before(whole);
  assert(all.length >= SCENES.length / 2, `${all.length} drops`);

  const expectedOf = (traced: Traced): Expected => {
    const { text, by } = traced;
    const plan = filterHere(parseFilter(by), names, givesReasons);
    const accepts = compilePredicate(plan.root, dropSource(), { text: by });
    const asksHeader = /\bip6?\[/.test(text);
    const keys = all
      .filter((drop) => accepts(drop) && !(asksHeader && drop.flow.addressSource === "socket"))
      .map(keyOf);
    return { traced, keys };
  };
  const expected = traces.map(expectedOf);
  // The end of a run has little time: what it does not read by then counts as unread.
  for (const { traced, keys } of expected)
    await waitFor(() => before(traced).length >= keys.length || undefined, `All of ${traced.text}`);
  abort.abort();
  await Promise.all([whole, ...traces].map(({ done }) => done));

  let [shown, left] = [0, 0];
  for (const { traced, keys } of expected) {
    const { text, events } = traced;
    const kept = before(traced);
    assert.deepEqual(kept.map(keyOf).toSorted(), keys.toSorted(), text);
    const summary = events.at(-1);
    assert(summary?.kind === "summary");
    const { totals } = summary;
    assert.equal(imbalance(totals), 0, text);
    assert(totals.filtered + totals.unread >= all.length - keys.length, `${text}: ${JSON.stringify(totals)}`);
    shown += kept.length;
    left += all.length - kept.length;
  }
  t.diagnostic(`${all.length} drops, ${traces.length} filters: ${shown} shown, ${left} not`);
  assert(shown > traces.length && left > traces.length, "the filters accept some drops and not others");
});
