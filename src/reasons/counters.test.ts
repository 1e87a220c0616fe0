import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readNetCounters } from "../host/net-counters.ts";
import { COUNTER_RULES, REASONS, reasonRow } from "./index.ts";

/** Refused SYNs have causes of our own, not reasons of the kernel. */
const CAUSES = ["ACCEPT_QUEUE_FULL", "SYN_QUEUE_FULL", "LISTEN_DROP"];
/**
 * Not read from BTF, because they are counters and not reasons. They came after the given release, so a
 * kernel may lack them.
 */
const MAY_BE_MISSING =
  /^(TcpExt(BeyondWindow|TSEcrRejected|PAWS(OldAck|Timewait)|TCPAO\w+|PFMemallocDrop|TCPMD5\w+)|Ip6\w+|MPTcpExt\w+)$/;

describe("COUNTER_RULES", () => {
  it("name reasons that exist", () => {
    const matches = COUNTER_RULES.flatMap(({ always, sometimes }) => [...always, ...sometimes]);
    const reasons = matches.flatMap(({ source, reasons = [], before }) => [
      ...(source === "listener" ? [] : reasons),
      ...(before === undefined ? [] : [before]),
    ]);
    const unknown = reasonRow("no such reason").kernelSource;
    assert.deepEqual(
      reasons.filter((reason) => reasonRow(reason).kernelSource === unknown),
      [],
    );
    const causes = matches.flatMap(({ source, reasons = [] }) => (source === "listener" ? reasons : []));
    assert.deepEqual(
      causes.filter((cause) => !CAUSES.includes(cause)),
      [],
    );
  });

  it("have one rule per counter, a sentence, and a kernel file with its release", () => {
    const names = COUNTER_RULES.flatMap(({ counters }) => counters);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
    for (const { counters, mayDiffer, kernelSource } of COUNTER_RULES) {
      assert.match(mayDiffer, /^[A-Z][\x20-\x7e]*\.$/, String(counters));
      assert.match(kernelSource, /(\.[ch]|drivers\/net).*\(v\d+\.\d+\)/, String(counters));
    }
  });

  it("name counters that this kernel has", () => {
    const known = readNetCounters();
    const missing = COUNTER_RULES.flatMap(({ counters }) => counters).filter(
      (name) => !known.has(name.replace("*", "lo")),
    );
    assert.deepEqual(
      missing.filter((name) => !MAY_BE_MISSING.test(name)),
      [],
    );
  });

  it("have the counter of each reason's row, and the reason raises it", () => {
    const outside = /^(Udp|Icmp)/;
    for (const { name, counter, subsystem } of REASONS) {
      if (counter === undefined || outside.test(counter) || subsystem !== "CORE") continue;
      const rule = COUNTER_RULES.find(({ counters }) => counters.includes(counter));
      assert.ok(rule !== undefined, `${name}: no rule for ${counter}`);
      assert.ok(
        [...rule.always, ...rule.sometimes].some(
          ({ reasons, source }) => source === undefined && (reasons === undefined || reasons.includes(name)),
        ),
        `${counter} is not said to rise with ${name}`,
      );
    }
  });
});
