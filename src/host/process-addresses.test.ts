import assert from "node:assert/strict";
import { test } from "node:test";
import { fixtureRoot } from "./fixture-root.test.kit.ts";
import { readProcessAddresses } from "./process-addresses.ts";

/** As Linux 6.18 writes it for 10.9.8.7/24 and a tunnel's 10.9.9.1/32. */
const FIB_TRIE = `Main:
  +-- 0.0.0.0/1 2 0 2
     +-- 10.9.8.0/29 2 0 2
        |-- 10.9.8.0
           /24 link UNICAST
        |-- 10.9.8.7
           /32 host LOCAL
        |-- 10.9.9.1
           /32 host LOCAL
     |-- 10.9.8.255
        /32 link BROADCAST
     |-- 127.0.0.0
        /8 host LOCAL
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 169.254.7.7
        /32 host LOCAL
Local:
     |-- 10.9.8.7
        /32 host LOCAL
`;
const IF_INET6 = `fd000000000000000000000000000005 01 40 00 80       lo
00000000000000000000000000000001 01 80 10 80       lo
fe80000000000000000000fffe000001 02 40 20 80     eth0
`;

test("readProcessAddresses has what other hosts may send to, each once", () => {
  using root = fixtureRoot({ "proc/7/net/fib_trie": FIB_TRIE, "proc/7/net/if_inet6": IF_INET6 });
  assert.deepEqual(readProcessAddresses(7, root.path), ["10.9.8.7", "10.9.9.1", "fd00::5"]);
});

test("readProcessAddresses is undefined for a process that is gone, and without the files", () => {
  using root = fixtureRoot({ "proc/8/stat": "" });
  assert.equal(readProcessAddresses(7, root.path), undefined);
  assert.equal(readProcessAddresses(8, root.path), undefined);
});
