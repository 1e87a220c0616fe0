/** Refused SYNs whose cause no counter shows: without SYN cookies they may be a flood. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Event } from "../../model/index.ts";
import { findingOf, refusedSyns, reportOf, rose, rulesOf } from "../incidents.test.kit.ts";

const cookies = (value: string) => new Map([["net/ipv4/tcp_syncookies", value]]);
const COUNTERS = rose({ TcpPassiveOpens: 3, TcpExtListenDrops: 1965 });

/** As the walk over listening sockets counts them. */
const counted = refusedSyns("LISTEN_DROP", { count: 1965, port: 8081 }).map(
  (event) => ({ ...event, detail: { ...event.detail, atMost: true } }) as Event,
);

describe("syn-flood", () => {
  test("without SYN cookies, in the last quarter of the backlog", () => {
    const report = reportOf(counted, { rose: COUNTERS, sysctl: cookies("0\n") });
    const { text, certainty, evidence } = findingOf(report, "syn-flood");
    assert.match(text, /^At most 1965 SYNs to .*:8081 were refused: consistent with a SYN flood\.$/);
    assert.equal(certainty, "possible");
    assert.match(
      evidence.join("\n"),
      /last quarter of tcp_max_syn_backlog[\s\S]*TcpExtListenDrops rose by 1965/,
    );
  });

  test("is not what LISTEN_DROP shows with SYN cookies, or where nobody read the setting", () => {
    for (const netns of [{ rose: COUNTERS, sysctl: cookies("1") }, { rose: COUNTERS }, undefined]) {
      const report = reportOf(counted, netns);
      assert.deepEqual(rulesOf(report), ["other-drops"]);
      const { text, certainty } = findingOf(report, "other-drops");
      assert.match(text, /^At most 1965 SYNs to .*:8081 were refused for LISTEN_DROP\.$/);
      assert.equal(certainty, "likely");
    }
  });
});
