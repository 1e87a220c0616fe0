/** A scan tries ports; who calls a service that is down comes again. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Event } from "../../model/index.ts";
import { drops, findingOf, reportOf, rulesOf } from "../incidents.test.kit.ts";

const SYN = { reason: "NO_SOCKET", location: "tcp_v4_rcv+0x99" };

function ports(
  count: number,
  facts: { readonly count?: number; readonly saddr?: string } = {},
): readonly Event[] {
  return Array.from({ length: count }, (_, at) =>
    drops({ ...SYN, count: 1, ...facts, dport: 20 + at }),
  ).flat();
}

describe("port-scan", () => {
  test("says no more than that it is consistent with a scan", () => {
    const { text, certainty, severity } = findingOf(reportOf(ports(12)), "port-scan");
    assert.equal(
      text,
      "192.0.2.1 tried 12 ports on which nobody listens (12 SYNs): consistent with a port scan.",
    );
    assert.deepEqual([certainty, severity], ["likely", "info"]);
  });

  test("two SYNs to a port make it less certain", () =>
    assert.equal(findingOf(reportOf(ports(12, { count: 2 })), "port-scan").certainty, "possible"));

  test("one address that calls twelve dead ports again and again is an outage", () => {
    const { findings, headline } = reportOf(ports(12, { count: 20 }));
    assert.ok(findings.length > 0);
    for (const { rule, severity } of findings)
      assert.deepEqual([rule, severity], ["service-down", "critical"]);
    assert.match(headline, /^Nobody listens on /);
  });

  test("a service that is called during a scan of the same source is down", () => {
    const events = [...ports(12), ...drops({ ...SYN, count: 9, dport: 443 })];
    assert.deepEqual(rulesOf(reportOf(events)), ["service-down", "port-scan"]);
    assert.equal(findingOf(reportOf(events), "service-down").service, "198.51.100.10:443");
  });

  test("a service with connections that is killed during a scan is down", () => {
    const data = { flags: ["ACK"], payloadLen: 10, state: undefined } as const;
    const events = [
      ...ports(12),
      ...drops({ ...SYN, count: 1, dport: 443 }),
      ...drops({ ...SYN, ...data, count: 1, dport: 443 }),
    ];
    assert.equal(findingOf(reportOf(events), "service-down").service, "198.51.100.10:443");
  });

  test("several sources that scan are one finding", () => {
    const events = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].flatMap((saddr) => ports(40, { saddr }));
    const [finding, ...others] = reportOf(events).findings;
    assert.deepEqual([finding?.rule, finding?.count, others], ["port-scan", 120, []]);
    assert.match(finding?.text ?? "", /^3 clients tried 40 ports/);
  });

  test("a port that other addresses call too is not of the scan", () => {
    const events = [...ports(12), ...drops({ ...SYN, count: 20, clients: 20, dport: 25 })];
    assert.equal(findingOf(reportOf(events), "service-down").service, "198.51.100.10:25");
    assert.equal(findingOf(reportOf(events), "port-scan").count, 11);
  });
});
