/** Drops by nftables in three hooks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Direction } from "../../src/event.ts";
import { hasFrame, Tracing } from "./tracing.ts";

interface Hook {
  readonly hook: string;
  readonly host: "client" | "server";
  readonly direction: Direction;
  readonly state: string | undefined;
}

const HOOKS: readonly Hook[] = [
  { hook: "input", host: "server", direction: "rx", state: undefined },
  { hook: "prerouting", host: "server", direction: "rx", state: undefined },
  { hook: "output", host: "client", direction: "tx", state: "SYN_SENT" },
];

for (const { hook, host, direction, state } of HOOKS)
  for (const family of [4, 6] as const)
    test(`nft drop in ${hook}, IPv${family}: NETFILTER_DROP, ${direction}`, { timeout: 15_000 }, async () => {
      await using tracing = new Tracing();
      const { hosts } = tracing;
      const port = hosts.newPort();
      hosts[host].run("nft", ["-f", "-"], `table inet t { chain c { type filter hook ${hook} priority 0; tcp dport ${port} drop; }; }\n`);
      hosts.listen(family, port);
      hosts.connect(family, port);
      const drop = await tracing.expectEvent(({ dport }) => dport === port, "The dropped SYN");
      assert.equal(drop.reason, "NETFILTER_DROP");
      assert.equal(drop.direction, direction);
      assert.equal(drop.state, state);
      assert.equal(drop.ip, family);
      assert.equal(drop.netns, hosts[host].inode);
      assert.deepEqual(drop.flags, ["SYN"]);
      assert(hasFrame(drop, "nft_do_chain"), `nft_do_chain is on the stack: ${drop.stack?.join(" < ")}`);
    });
