/**
 * Real drops of many kinds: every rise of the kernel's counters is fully explained; what is not a TCP drop
 * shows as a difference.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type NetCounters, readNetCounters } from "../../src/host/net-counters.ts";
import { ADDRESS, type Family, Hosts, waitFor } from "../../src/lab/hosts.ts";
import type { Netns } from "../../src/lab/netns.ts";
import { frame } from "../../src/lab/packet.ts";
import { SCENES } from "../../src/lab/scenes.ts";
import { ACK, PSH_ACK, RST, SYN } from "../../src/lab/segments.ts";
import { EventCounts } from "../../src/reconcile/event-counts.ts";
import { type ReconcileRow, type Reconciliation, reconcile } from "../../src/reconcile/reconcile.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { LIMIT, NOISE, toServer } from "./reconciled.ts";
import { kernelReasons } from "./scenarios/reasons.ts";
import { resets } from "./storm.ts";
import { Tracing } from "./tracing.ts";

const read = (host: Netns): NetCounters => host.inside(() => readNetCounters());

/** Makes drops on both hosts, waits for the events, and reconciles one of the hosts. */
async function reconcileHost(
  host: "client" | "server",
  make: (hosts: Hosts) => unknown,
  events: number,
): Promise<Reconciliation> {
  await using tracing = await Tracing.open({ all: true });
  const { hosts } = tracing;
  const before = read(hosts[host]);
  await make(hosts);
  const seen = () => tracing.drops.filter(({ netns }) => netns === hosts[host].inode);
  await waitFor(() => (seen().length >= events ? true : undefined), `${events} drops`);
  const after = read(hosts[host]);
  await tracing.finish();
  const counts = new EventCounts();
  for (const event of tracing.events)
    if (event.kind === "drop" && event.device?.netns === hosts[host].inode) counts.add(event);
  return reconcile({ before, after, events: counts.list, kernelReasons });
}

const show = (rows: readonly ReconcileRow[]): readonly string[] =>
  rows.map(
    ({ counter, rise, explained, explainedBy }) =>
      `${counter} ${rise} ${explained} ${explainedBy.map(({ reason, count }) => `${count} ${reason}`).join()}`,
  );

const mine = ({ rows }: Reconciliation): readonly ReconcileRow[] =>
  rows.filter(({ counter }) => !NOISE.includes(counter));

/** The counters that must rise with each scene, and by how much. */
const RISES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "closed-port": { TcpOutRsts: 1 },
  "wrong-checksum": { TcpInErrs: 1, TcpInCsumErrors: 1 },
  "data-after-close": { TcpOutRsts: 1, TcpExtTCPAbortOnData: 1 },
  "old-data": { TcpExtDelayedACKLost: 1 },
  "rp-filter": { TcpExtIPReversePathFilter: 1 },
  "ttl-forwarded": { IpInHdrErrors: 1 },
  "route-lost-v4": { IpOutNoRoutes: 1 },
  "route-lost-v6": { Ip6OutNoRoutes: 1 },
};

for (const scene of SCENES)
  test(`${scene.name}: every rise is explained`, LIMIT, async () => {
    const expected = RISES[scene.name] ?? RISES[scene.name.replace(/-v[46]$/, "")] ?? {};
    const host = scene.name.startsWith("route-lost") ? "client" : "server";
    const rows = mine(await reconcileHost(host, (hosts) => scene.run(hosts), 1));
    for (const { counter, difference, why } of rows)
      assert.equal(difference, 0, `${counter}: ${why}; ${show(rows).join("; ")}`);
    for (const [counter, by] of Object.entries(expected))
      assert.equal(
        rows.find((row) => row.counter === counter)?.rise,
        by,
        `${counter}: ${show(rows).join("; ")}`,
      );
  });

interface Kind {
  readonly title: string;
  readonly make: (hosts: Hosts) => unknown;
  readonly rises: Readonly<Record<string, number>>;
  /** Default: 1. */
  readonly events?: number;
  /** Counters that packets of IPv6 itself raise too. */
  readonly noise?: readonly string[];
}

const bothFamilies = (make: (family: Family) => Kind): readonly Kind[] => ([4, 6] as const).map(make);

const KINDS: readonly Kind[] = [
  {
    title: "a strange address on a host that does not forward, and no route on one that does",
    make: (hosts) => {
      const stranger = { ...toServer(4, 1, 1), destination: Uint8Array.of(203, 0, 113, 7), flags: SYN };
      hosts.inject(stranger);
      hosts.setSysctl(hosts.server, "ipv4/conf/all/forwarding", "1");
      hosts.inject(stranger);
    },
    rises: { IpExtInNoRoutes: 1, IpInAddrErrors: 1 },
    events: 2,
  },
  {
    title: "IPv6: hop limit at its end while forwarding",
    make: (hosts) => {
      hosts.setSysctl(hosts.server, "ipv6/conf/all/forwarding", "1");
      hosts.server.run("ip", [
        "-6",
        "route",
        "add",
        "2001:db8:1::/64",
        "via",
        ADDRESS.client[6],
        "dev",
        "srv0",
      ]);
      const destination = Uint8Array.from([0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
      hosts.inject({ ...toServer(6, 1, 1), destination, flags: SYN, ttl: 1 });
    },
    rises: { Ip6InHdrErrors: 1 },
  },
  {
    title: "IPv6 switched off on the device",
    make: (hosts) => {
      hosts.setSysctl(hosts.server, "ipv6/conf/srv0/disable_ipv6", "1");
      hosts.inject({ ...toServer(6, 1, 1), flags: SYN });
    },
    rises: { Ip6InDiscards: 1 },
    // What the device itself still sends and receives: neighbour discovery, listener reports.
    noise: ["Ip6InDiscards", "Ip6OutDiscards"],
  },
  ...bothFamilies((family) => ({
    title: `IPv${family}: a SYN, a RST that does not fit, and old data, on an open connection`,
    make: async (hosts) => {
      const { clientPort, serverPort, clientSeq, serverSeq } = await hosts.establish(family, hosts.newPort());
      const segment = { ...toServer(family, clientPort, serverPort), ack: serverSeq };
      hosts.inject({ ...segment, seq: clientSeq, flags: SYN });
      hosts.inject({ ...segment, seq: clientSeq + 10, flags: RST });
      hosts.inject({ ...segment, seq: clientSeq - 100, flags: PSH_ACK, payload: Buffer.from("old") });
      hosts.inject({ ...segment, seq: clientSeq + 50_000_000, flags: RST });
    },
    rises: { TcpInErrs: 1, TcpExtTCPSYNChallenge: 1, TcpExtDelayedACKLost: 1 },
    events: 4,
  })),
  ...bothFamilies((family) => ({
    title: `IPv${family}: RSTs and an ACK to a closed port: the RSTs are not answered`,
    make: (hosts) => {
      for (const flags of [RST, RST | ACK, ACK]) hosts.inject({ ...toServer(family, 1, 81), flags });
    },
    rises: { TcpOutRsts: 1 },
    events: 3,
  })),
  ...bothFamilies((family) => ({
    title: `IPv${family}: an ACK to a listener`,
    make: (hosts) => {
      const port = hosts.newPort();
      hosts.listen(family, port);
      hosts.inject({ ...toServer(family, 1, port), flags: ACK });
    },
    rises: { TcpOutRsts: 1 },
  })),
];

for (const { title, make, rises, events = 1, noise = [] } of KINDS)
  test(`${title}: every rise is explained`, LIMIT, async () => {
    const rows = mine(await reconcileHost("server", make, events));
    for (const { counter, difference, why } of rows)
      if (!noise.includes(counter))
        assert.equal(difference, 0, `${counter}: ${why}; ${show(rows).join("; ")}`);
    for (const [counter, by] of Object.entries(rises))
      assert.equal(
        rows.find((row) => row.counter === counter)?.explained,
        by,
        `${counter}: ${show(rows).join("; ")}`,
      );
  });

test("1,000 drops: 1,000 explained", LIMIT, async () => {
  const made = 1000;
  const rows = mine(
    await reconcileHost(
      "server",
      (hosts) =>
        hosts.injectAll([...resets(0, made)].map((segment) => ({ ...segment, checksumRight: false }))),
      made,
    ),
  );
  assert.deepEqual(show(rows), [
    `TcpInErrs ${made} ${made} ${made} TCP_CSUM`,
    `TcpInCsumErrors ${made} ${made} ${made} TCP_CSUM`,
  ]);
});

test("other protocols raise a counter, and show as a difference with an explanation", LIMIT, async () => {
  const rows = mine(
    await reconcileHost(
      "server",
      (hosts) => {
        hosts.setSysctl(hosts.server, "ipv4/conf/srv0/rp_filter", "1");
        const stranger = { ...toServer(4, 7, 7), source: Uint8Array.of(198, 51, 100, 7), flags: SYN };
        const asUdp = frame(stranger, hosts.clientMacs);
        // The protocol in the IP header becomes UDP's, and the header's checksum with it.
        asUdp[23] = 17;
        const sum = ((asUdp[24] ?? 0) << 8) + (asUdp[25] ?? 0) - (17 - 6);
        asUdp[24] = sum >> 8;
        asUdp[25] = sum & 0xff;
        hosts.injectFrames([asUdp]);
        hosts.inject(stranger);
      },
      1,
    ),
  );
  assert.deepEqual(show(rows), ["TcpExtIPReversePathFilter 2 1 1 IP_RPFILTER"]);
  assert.deepEqual([rows[0]?.difference, rows[0]?.why], [1, "Packets of other protocols count too."]);
});

test(
  "SYNs refused by a full listener have no drop event: a difference, until the listener reports them",
  LIMIT,
  async () => {
    using hosts = new Hosts(libcSyscalls);
    const port = hosts.newPort();
    const before = read(hosts.server);
    hosts.listen(4, port, 0);
    for (let sent = 0; sent < 3; sent += 1) hosts.connect(4, port);
    const rose = (counter: string): number =>
      Number((read(hosts.server).get(counter) ?? 0n) - (before.get(counter) ?? 0n));
    const refused = await waitFor(
      () => (rose("TcpExtListenOverflows") >= 2 ? rose("TcpExtListenOverflows") : undefined),
      "Refused SYNs",
    );
    const after = new Map([
      ...read(hosts.server),
      ["TcpExtListenOverflows", (before.get("TcpExtListenOverflows") ?? 0n) + BigInt(refused)],
      ["TcpExtListenDrops", (before.get("TcpExtListenDrops") ?? 0n) + BigInt(refused)],
    ]);
    const unreported = reconcile({ before, after, events: [], kernelReasons });
    assert.deepEqual(show(mine(unreported)), [
      `TcpExtListenDrops ${refused} 0 `,
      `TcpExtListenOverflows ${refused} 0 `,
    ]);
    assert.match(unreported.rows[0]?.why ?? "", /Refused SYNs/);
    const counts = new EventCounts();
    counts.addRefused({ cause: "ACCEPT_QUEUE_FULL", count: refused });
    assert.deepEqual(
      mine(reconcile({ before, after, events: counts.list, kernelReasons })).map(
        ({ difference }) => difference,
      ),
      [0, 0],
    );
  },
);
