/** An unread packet socket: its copies are dropped, and the packets themselves go on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Hosts, waitFor } from "../../src/lab/hosts.ts";
import { receiveBytes, sendBytes } from "../../src/sys/sockets.ts";
import { patient } from "../patience.ts";
import { givesReasons, nameHere } from "./scenarios/reasons.ts";
import { Tracing } from "./tracing.ts";

/** More than any default receive buffer of a packet socket holds. */
const TRANSFER_BYTES = 4 << 20;
const CHUNK = new Uint8Array(1 << 16);

/** The transfer arrives completely, so no packet of it was lost. */
async function transferUnderAnIdleTap(hosts: Hosts): Promise<void> {
  hosts.capture();
  const { client, server } = await hosts.establish(4, hosts.newPort());
  let sent = 0;
  let received = 0;
  await waitFor(() => {
    for (let taken = 1; taken > 0 && sent < TRANSFER_BYTES; ) {
      taken = sendBytes(client, CHUNK.subarray(0, Math.min(CHUNK.length, TRANSFER_BYTES - sent)));
      sent += Math.max(0, taken);
    }
    for (
      let bytes = receiveBytes(server, 1 << 18);
      bytes !== undefined;
      bytes = receiveBytes(server, 1 << 18)
    )
      received += bytes.length;
    return received === TRANSFER_BYTES ? received : undefined;
  }, "The transfer");
}

test("copies for a packet socket are hidden, and counted", { timeout: patient(15_000) }, async () => {
  await using tracing = await Tracing.open();
  await transferUnderAnIdleTap(tracing.hosts);
  const { totals, hiddenByReason } = await tracing.finish();
  assert(totals.hidden.copy > 0, "copies were dropped");
  assert.deepEqual(
    hiddenByReason.filter((row) => row.class === "copy").map(({ reason, count }) => ({ reason, count })),
    [{ reason: givesReasons ? nameHere("PACKET_SOCK_ERROR") : undefined, count: totals.hidden.copy }],
  );
  // A busy machine may retransmit by itself: such a drop is shown, and is not a copy.
  assert.deepEqual(
    tracing.drops.filter((drop) => drop.class === "copy"),
    [],
  );
});
