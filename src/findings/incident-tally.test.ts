/** Events become incidents by site and service, within bounds. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Event } from "../model/index.ts";
import type { Incident } from "./incident.ts";
import { drops, refusedSyns, STARTED_NS } from "./incidents.test.kit.ts";
import { Incidents } from "./incidents.ts";

const SYN = { reason: "TCP_CSUM", location: "tcp_v4_rcv+0x99" };

function incidentsOf(events: readonly Event[], incidents = new Incidents(() => 0)): readonly Incident[] {
  for (const event of events) incidents.observe(event);
  return incidents.list();
}

function sum(incidents: readonly Incident[]): number {
  return incidents.reduce((total, { count }) => total + count, 0);
}

describe("IncidentTally, found by Incidents,", () => {
  test("adds up drops of one site and service", () => {
    const [incident, ...others] = incidentsOf(drops({ ...SYN, count: 40, clients: 4, everyMs: 100 }));
    assert.equal(others.length, 0);
    assert.ok(incident !== undefined);
    const { count, peers, connections, segments, service, firstNs, lastNs, peakPerSecond, bySecond } =
      incident;
    assert.deepEqual([count, peers.size, connections.size, segments.syn], [40, 4, 40, 40]);
    assert.deepEqual(service, { address: "198.51.100.10", port: 443, by: "handshake" });
    assert.equal(firstNs, STARTED_NS + 1_000_000_000n);
    assert.equal(lastNs, STARTED_NS + 4_900_000_000n);
    assert.equal(peakPerSecond, 10);
    assert.deepEqual(
      bySecond.map(([, drops]) => drops),
      [10, 10, 10, 10],
    );
    assert.deepEqual(
      [incident.reason, incident.function, incident.variant],
      ["TCP_CSUM", "tcp_v4_rcv", "tcp-csum"],
    );
  });

  test("keeps apart what differs in service, device, namespace, direction or class", () => {
    const events = [
      { ...SYN },
      { ...SYN, dport: 80 },
      { ...SYN, ifindex: 7 },
      { ...SYN, outIfindex: 8 },
      { ...SYN, netns: 1 },
      { ...SYN, direction: "forwarded" },
      { ...SYN, class: "refused" },
      { ...SYN, location: "tcp_v6_rcv+0x1" },
    ] as const;
    const incidents = incidentsOf(events.flatMap((facts) => drops({ ...facts, count: 2 })));
    assert.equal(incidents.length, events.length);
    assert.ok(incidents.every(({ count }) => count === 2));
  });

  test("leaves out what is harmless", () => {
    assert.deepEqual(incidentsOf(drops({ reason: "OTHERHOST", location: "ip_rcv_core+0x1" })), []);
  });

  test("counts refused SYNs by their number", () => {
    const [incident] = incidentsOf(refusedSyns("ACCEPT_QUEUE_FULL", { count: 42 }));
    assert.equal(incident?.count, 42);
    assert.equal(incident.segments.syn, 42);
    assert.equal(incident.firstNs, STARTED_NS, "the start of the interval");
    assert.equal(incident.peers.size, 0);
  });

  test("counts segments by what they carry, and the longest payload", () => {
    const [incident] = incidentsOf([
      ...drops({
        ...SYN,
        count: 1,
        flags: ["SYN", "ACK"],
        daddr: "192.0.2.1",
        dport: 40_000,
        saddr: "198.51.100.10",
        sport: 443,
      }),
      ...drops({ ...SYN, count: 2, flags: ["ACK"] }),
      ...drops({ ...SYN, count: 3, flags: ["PSH", "ACK"], payloadLen: 700 }),
      ...drops({ ...SYN, count: 4, flags: ["FIN", "ACK"] }),
      ...drops({ ...SYN, count: 5, flags: ["RST"] }),
      ...drops({ ...SYN, count: 6, flags: ["FIN", "PSH", "URG"] }),
      ...drops({ ...SYN, count: 7, flags: [] }),
      ...drops({ ...SYN, count: 1, flags: undefined }),
    ]);
    assert.deepEqual(incident?.segments, {
      ...{ syn: 0, synAck: 1, rst: 5, fin: 10, payload: 3, bareAck: 2 },
      senseless: 13,
    });
    assert.equal(incident.maxPayload, 700);
  });

  test("takes as example the first one with a stack", () => {
    const stack = ["tcp_v4_rcv+0x99", "ip_protocol_deliver_rcu+0x1", "ip_local_deliver+0x2"];
    const [incident] = incidentsOf([...drops({ ...SYN, count: 2 }), ...drops({ ...SYN, count: 2, stack })]);
    assert.deepEqual(incident?.example?.stack, stack);
    assert.deepEqual(incident.callers, ["tcp_v4_rcv", "ip_protocol_deliver_rcu", "ip_local_deliver"]);
  });

  test("a scan takes 64 incidents of a site, and loses no drop", () => {
    const events = Array.from({ length: 500 }, (_, at) => drops({ ...SYN, count: 1, dport: at + 1 })).flat();
    const incidents = incidentsOf(events);
    assert.equal(sum(incidents), 500);
    assert.equal(incidents.length, 65);
    assert.equal(incidents.filter(({ service }) => service === undefined).length, 1);
  });

  test("after a scan a service that goes down has an incident of its own, at least what came since", () => {
    const incidents = new Incidents(() => 0);
    const scan = Array.from({ length: 500 }, (_, at) => drops({ ...SYN, count: 1, dport: at + 1 })).flat();
    const down = drops({ ...SYN, count: 30, dport: 8080, saddr: "192.0.2.77", everyMs: 100 });
    const later = down.map((event) => ({ ...event, timeNs: event.timeNs + 2_000_000_000n }));
    for (const event of [...scan, ...later]) incidents.observe(event);
    const all = incidents.list();
    assert.equal(sum(all), 530, "no drop is lost");
    assert.ok(all.length <= 65);
    const service = all.find((one) => one.service?.port === 8080);
    assert.deepEqual([service?.count, service?.isAtLeast], [30, true]);
    const shared = all.find((one) => one.service === undefined);
    assert.deepEqual(
      [shared?.count, shared?.firstNs],
      [437, scan[0]?.timeNs],
      "with the one that gave its place",
    );
  });

  test("what has many drops, or goes on, gives its place to no scan", () => {
    const incidents = new Incidents(() => 0);
    const many = drops({ ...SYN, count: 20, dport: 443 });
    const scan = Array.from({ length: 5000 }, (_, at) =>
      drops({ ...SYN, count: 1, dport: at + 1000 }).map((event) => ({
        ...event,
        timeNs: event.timeNs + BigInt(at) * 10_000_000n,
      })),
    ).flat();
    for (const event of [...many, ...scan]) incidents.observe(event);
    const all = incidents.list();
    assert.equal(sum(all), 5020);
    assert.ok(all.length <= 65);
    const kept = all.find((one) => one.service?.port === 443);
    assert.deepEqual([kept?.count, kept?.isAtLeast], [20, false]);
  });

  test("in a storm counts what it does not look at, by site", () => {
    const incidents = new Incidents(() => 0);
    const [event] = drops({ ...SYN, count: 1 });
    assert.ok(event !== undefined);
    for (let at = 0; at < 30_000; at += 1) incidents.observe(event);
    const [incident] = incidents.list();
    assert.equal(incident?.count, 20_000);
    assert.equal(incident.isAtLeast, true);
  });
});
