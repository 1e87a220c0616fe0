/** TCP inside VXLAN, dropped on the network below: the connection is named, not the tunnel. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectTcp } from "../../src/sys/sockets.ts";
import { Tracing } from "./tracing.ts";

const INNER = { client: "198.51.100.1", server: "198.51.100.2" } as const;
const INNER_SERVER_BYTES = Uint8Array.of(198, 51, 100, 2);
const INNER_SERVER_MAC = "02:00:00:00:00:12";

test("a VXLAN packet dropped on its way out: tunnel, with the inner connection", { timeout: 15_000 }, async () => {
  await using tracing = new Tracing();
  const { hosts } = tracing;
  const port = hosts.newPort();
  hosts.client.run(
    "ip",
    ["-batch", "-"],
    [
      "link add vx0 type vxlan id 7 local 192.0.2.1 remote 192.0.2.2 dstport 4789 dev cli0",
      `addr add ${INNER.client}/24 dev vx0`,
      "link set vx0 up",
      `neigh replace ${INNER.server} lladdr ${INNER_SERVER_MAC} dev vx0`,
      "",
    ].join("\n"),
  );
  hosts.client.run("nft", ["-f", "-"], "table inet t { chain c { type filter hook output priority 0; udp dport 4789 drop; }; }\n");
  hosts.own(hosts.client.inside(() => connectTcp({ address: INNER_SERVER_BYTES, port })));
  const drop = await tracing.expectEvent(({ dport }) => dport === port, "The SYN inside the tunnel");
  assert.equal(drop.reason, "NETFILTER_DROP");
  assert.equal(drop.tunnel, true);
  assert.equal(drop.addressSource, "inner");
  assert.equal(drop.saddr, INNER.client);
  assert.equal(drop.daddr, INNER.server);
  assert.deepEqual(drop.flags, ["SYN"]);
  assert.equal(drop.netns, hosts.client.inode);
});
