import assert from "node:assert/strict";
import { test } from "node:test";
import { planFilter } from "../filter/index.ts";
import { parseFilter } from "../filter-language/index.ts";
import { asksForHarmless, demandKernelAlone } from "./filter-here.ts";

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
