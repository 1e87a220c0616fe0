/** Known numbers of drops, all accounted for: with enough room, and with far too little. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../../src/lab/hosts.ts";
import { patient } from "../patience.ts";
import { hasReason } from "./scenarios/reasons.ts";
import { FIRST_SEQ, resets, turn } from "./storm.ts";
import { Tracing } from "./tracing.ts";

test("5,000 drops are all shown, once each", { timeout: patient(30_000) }, async () => {
  const made = 5_000;
  const atOnce = 250;
  await using tracing = await Tracing.open();
  for (let from = 0; from < made; from += atOnce) {
    tracing.hosts.injectAll(resets(from, atOnce));
    await turn();
  }
  await waitFor(() => (tracing.drops.length >= made ? true : undefined), `${made} events`);
  const { totals } = await tracing.finish();
  const seqs = tracing.drops.map((drop) => drop.seq ?? -1).sort((a, b) => a - b);
  assert.deepEqual(
    seqs,
    Array.from({ length: made }, (_unused, index) => FIRST_SEQ + index),
  );
  assert(tracing.drops.every((drop) => hasReason(drop, "NO_SOCKET")));
  // Undecodable drops are not compared: an unreadable skb has no namespace to filter by, so foreign ones
  // count too.
  const { shown, lost, unread, missed } = totals;
  assert.deepEqual({ shown, lost, unread, missed }, { shown: made, lost: 0, unread: 0, missed: 0 });
});

for (const bufferBytes of [4096, 8192])
  test(`with a ring of ${bufferBytes} bytes and no reader, what does not fit is reported as lost`, {
    timeout: patient(30_000),
  }, async () => {
    const made = 500;
    await using tracing = await Tracing.open({ bufferBytes });
    // One synchronous call: this thread reads the ring, and cannot while it makes drops.
    tracing.hosts.injectAll(resets(0, made));
    const { totals } = await tracing.finish();
    const { shown, lost, unread } = totals;
    assert(lost > 0, "the ring was too small");
    assert(shown > 0, "what fitted is shown");
    assert.equal(shown + lost + unread, made);
    assert.equal(new Set(tracing.drops.map((drop) => drop.seq)).size, shown, "no drop is shown twice");
    const losses = tracing.events.filter((event) => event.kind === "lost");
    assert.equal(
      losses.reduce((sum, event) => sum + event.count, 0),
      lost,
    );
    assert.equal(losses.at(-1)?.total, lost);
  });

test("drops are shown again after a loss", { timeout: patient(30_000) }, async () => {
  await using tracing = await Tracing.open({ bufferBytes: 4096 });
  tracing.hosts.injectAll(resets(0, 200));
  await tracing.expectEvent(() => true, "The first drops");
  await waitFor(() => {
    tracing.hosts.injectAll(resets(10_000, 1));
    return tracing.drops.find((drop) => drop.seq === FIRST_SEQ + 10_000);
  }, "A drop after the loss");
  const { totals } = await tracing.finish();
  assert(totals.lost > 0);
});
