/** Drops by a queueing discipline with hardly any room. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ADDRESS, waitFor } from "../../src/lab/hosts.ts";
import { sendBytes } from "../../src/sys/sockets.ts";
import { Tracing } from "./tracing.ts";

test("tbf with a tiny queue: QDISC_DROP, sent by an established connection", { timeout: 15_000 }, async () => {
  await using tracing = new Tracing();
  const { hosts } = tracing;
  const { client, clientPort, serverPort } = await hosts.establish(4, hosts.newPort());
  hosts.client.run("tc", ["qdisc", "add", "dev", "cli0", "root", "tbf", "rate", "8kbit", "burst", "2000", "limit", "2000"]);
  const chunk = new Uint8Array(1000);
  const drop = await waitFor(() => {
    sendBytes(client, chunk);
    return tracing.drops.find(({ dport }) => dport === serverPort);
  }, "A drop in the queue");
  assert.equal(drop.reason, "QDISC_DROP");
  assert.equal(drop.direction, "tx");
  assert.equal(drop.state, "ESTABLISHED");
  assert.equal(drop.sport, clientPort);
  assert.equal(drop.saddr, ADDRESS.client[4]);
  assert.equal(drop.netns, hosts.client.inode);
  assert.equal(drop.ifname, "cli0");
  assert((drop.payloadLen ?? 0) > 0, "the segment carried data");
});
