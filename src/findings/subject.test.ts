/** Incidents that are one finding, added up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../model/index.ts";
import { drops, refusedSyns } from "./incidents.test.kit.ts";
import { Incidents } from "./incidents.ts";
import { type Subject, subjectOf } from "./subject.ts";

const SYN = { reason: "NO_SOCKET", location: "tcp_v4_rcv+0x99" };

function subject(...events: readonly Event[]): Subject {
  const incidents = new Incidents(() => 0);
  for (const event of events) incidents.observe(event);
  return subjectOf(incidents.list());
}

test("subjectOf adds up counts, segments, states and seconds", () => {
  const both = subject(
    ...drops({ ...SYN, count: 5, state: "LISTEN" }),
    ...drops({ ...SYN, count: 2, flags: ["ACK"], location: "tcp_v4_rcv+0x1", state: "LISTEN" }),
  );
  assert.equal(both.count, 7);
  assert.deepEqual([both.segments.syn, both.segments.bareAck], [5, 2]);
  assert.equal(both.states.get("LISTEN"), 7);
  assert.equal(both.peakPerSecond, 7, "both peak in the same second");
  assert.equal(both.incidents[0]?.count, 5, "most drops first");
});

test("subjectOf knows the peak of several incidents only where all of their seconds are kept", () => {
  const both = (everyMs: number): number | undefined => {
    const events = [SYN, { ...SYN, location: "tcp_v4_rcv+0x1" }].map((site) =>
      drops({ ...site, count: 40, everyMs }),
    );
    return subject(...events.flat()).peakPerSecond;
  };
  assert.equal(both(100), 20);
  assert.equal(both(1000), undefined, "the first seconds of both are forgotten");
  assert.equal(subject(...drops({ ...SYN, count: 40, everyMs: 1000 })).peakPerSecond, 1, "of one it is kept");
});

test("subjectOf counts a connection that loses segments at several sites once", () => {
  const same = { count: 3, sameConnection: true };
  const both = subject(
    ...drops({ ...SYN, ...same }),
    ...drops({ ...SYN, ...same, location: "tcp_v4_rcv+0x1" }),
  );
  assert.deepEqual([both.count, both.connections, both.peers], [6, 1, ["192.0.2.1"]]);
});

test("subjectOf names the address that clients use, not the listener's any address", () => {
  const any = refusedSyns("ACCEPT_QUEUE_FULL", { count: 40 }).map(
    (event) => ({ ...event, flow: { ...event.flow, daddr: "0.0.0.0" } }) as Event,
  );
  assert.deepEqual(subject(...any).services, ["0.0.0.0:443"]);
  assert.deepEqual(subject(...any, ...drops(SYN)).services, ["198.51.100.10:443"]);
  assert.deepEqual(subject(...any, ...drops({ ...SYN, dport: 80 })).services, [
    "0.0.0.0:443",
    "198.51.100.10:80",
  ]);
});

test("subjectOf writes IPv6 services in brackets", () => {
  const v6 = { ip: 6, saddr: "2001:db8::1", daddr: "2001:db8::2" } as const;
  assert.deepEqual(subject(...drops({ ...SYN, ...v6 })).services, ["[2001:db8::2]:443"]);
});
