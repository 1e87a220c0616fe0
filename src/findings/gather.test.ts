/** Many findings of one cause are one, and nothing of them is lost. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Event } from "../model/index.ts";
import { type Drops, drops, reportOf } from "./incidents.test.kit.ts";

const NFT = { reason: "NETFILTER_DROP", location: "nft_do_chain+0x46f [nf_tables]" };
const SYN = { reason: "NO_SOCKET", location: "tcp_v4_rcv+0x99" };

function perPort(ports: number, facts: Drops, from = 20_000): readonly Event[] {
  return Array.from({ length: ports }, (_, at) => drops({ ...facts, dport: from + at })).flat();
}

describe("makeReport", () => {
  test("puts what one firewall rule drops of many ports into one finding", () => {
    const { findings } = reportOf(perPort(100, { ...NFT, count: 3 }), {});
    assert.equal(findings.length, 1);
    const [finding] = findings;
    assert.deepEqual([finding?.rule, finding?.count, finding?.certainty], ["firewall-rule", 300, "certain"]);
    assert.match(finding?.text ?? "", /and 198\.51\.100\.10:20000, .* and at least \d+ more: by a rule/);
  });

  test("keeps a few services apart", () =>
    assert.equal(reportOf(perPort(5, { ...NFT, count: 3 })).findings.length, 5));

  test("keeps different hooks and reasons apart", () => {
    const other = { ...NFT, location: "nf_hook_slow+0x7d" };
    const events = [...perPort(10, { ...NFT, count: 3 }), ...perPort(10, { ...other, count: 3 }, 30_000)];
    assert.deepEqual(
      reportOf(events).findings.map(({ count }) => count),
      [30, 30],
    );
  });

  test("puts many dead ports into one finding, as certain and severe as each", () => {
    const listeners = [{ address: "0.0.0.0", port: 22, takesIpv4: true, acceptQueue: 0, backlog: 9 }];
    const { findings } = reportOf(perPort(20, { ...SYN, count: 9 }), { listeners });
    const [finding, ...others] = findings;
    assert.deepEqual(others, []);
    assert.deepEqual([finding?.count, finding?.certainty, finding?.severity], [180, "certain", "critical"]);
    assert.match(finding?.evidence.join() ?? "", /No socket listened on any of these 20 ports/);
    assert.deepEqual(finding?.next, ["ip netns exec web ss -ltnp"]);
  });

  test("many tries of one SYN are no more severe together", () => {
    const clients = Array.from({ length: 8 }, (_, at) =>
      drops({ ...SYN, count: 1, dport: 8000 + at, saddr: `192.0.2.${at}` }),
    ).flat();
    assert.deepEqual(
      reportOf(clients).findings.map(({ count, severity }) => [count, severity]),
      [[8, "warning"]],
    );
  });
});
