/** Before ip_rcv() the skb still belongs to the sender's socket, in another namespace: it must not be taken for the receiver's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressBytes, CLIENT, type Family, SERVER } from "../../src/lab/hosts.ts";
import { connectTcp } from "../../src/sys/sockets.ts";
import { Tracing } from "./tracing.ts";

for (const family of [4, 6] as const satisfies readonly Family[])
  for (const samePort of [true, false])
    test(`nft netdev ingress drop, IPv${family}, ${samePort ? "the same port" : "other ports"} at both ends: the server's namespace, and no state`, {
      timeout: 15_000,
    }, async () => {
      await using tracing = new Tracing();
      const { hosts } = tracing;
      const port = hosts.newPort();
      hosts.server.run("nft", ["-f", "-"], `table netdev t { chain c { type filter hook ingress device "srv0" priority 0; tcp dport ${port} drop; }; }\n`);
      hosts.own(
        hosts.client.inside(() =>
          connectTcp({ address: addressBytes(family, SERVER), port }, { address: addressBytes(family, CLIENT), port: samePort ? port : hosts.newPort() }),
        ),
      );
      const drop = await tracing.expectEvent(({ dport }) => dport === port, "The dropped SYN");
      assert.equal(drop.reason, "NETFILTER_DROP");
      assert.equal(drop.netns, hosts.server.inode);
      assert.equal(drop.state, undefined);
      assert.equal(drop.direction, "rx");
      assert.equal(drop.ifname, "srv0");
    });
