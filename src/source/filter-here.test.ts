import assert from "node:assert/strict";
import { test } from "node:test";
import { planFilter } from "../filter/index.ts";
import { parseFilter } from "../filter-language/index.ts";
import { asksForHarmless, demandKernelAlone, demandOwners, demandProcesses } from "./filter-here.ts";

test("asksForHarmless finds harmless classes and reasons that are asked for", () => {
  const asks = (text: string): boolean => asksForHarmless(parseFilter(text).root);
  for (const text of [
    "class normal",
    "port 80 or class copy",
    "reason SOCKET_CLOSE",
    "ip and (reason NO_SOCKET or SOCKET_CLOSE)",
  ])
    assert(asks(text), text);
  for (const text of ["class loss", "not class copy", "reason *", "reason NO_SOCKET", "port 80"])
    assert(!asks(text), text);
});

test("demandKernelAlone refuses what user space would have to ask", () => {
  const plan = (text: string) => planFilter(parseFilter(text), { reasons: true });
  demandKernelAlone(plan("port 80 and state LISTEN"));
  assert.throws(() => demandKernelAlone(plan("port 80 and class loss")), {
    name: "UsageError",
    message: "With totals only, the filter cannot use what user space evaluates: class loss",
  });
});

test("demandOwners refuses questions for owners that are not looked for", () => {
  const demand = (text: string, owners: "none" | "cgroup" | "process"): void =>
    demandOwners(planFilter(parseFilter(text), { reasons: true }), owners);
  demand("port 80", "none");
  demand("pid 1 or unit nginx", "process");
  demand("container web or not unit nginx", "cgroup");
  assert.throws(() => demand("port 80 and not unit nginx", "none"), {
    code: "FILTER",
    message: /--owners none.*\n.*unit nginx\n +\^~+$/,
  });
  for (const word of ["pid 1", "owner nginx"])
    assert.throws(() => demand(`unit nginx or ${word}`, "cgroup"), {
      hint: /--owners process.*unit, container/,
    });
});

test("demandProcesses refuses questions for processes, and says why none can be told", () => {
  const demand = (text: string): void =>
    demandProcesses(planFilter(parseFilter(text), { reasons: true }), ["rights are missing"]);
  demand("unit nginx");
  for (const word of ["pid 1", "owner nginx"])
    assert.throws(() => demand(`port 80 and not ${word}`), {
      code: "FILTER",
      hint: /^rights are missing\. /,
    });
});
