import assert from "node:assert/strict";
import { test } from "node:test";
import { fixtureRoot } from "./fixture-root.test.kit.ts";
import { readNetSysctls } from "./net-sysctl.ts";

test("readNetSysctls reads what is there, of the namespace and of the devices", () => {
  using root = fixtureRoot({
    "proc/sys/net/core/somaxconn": "4096\n",
    "proc/sys/net/ipv4/tcp_rmem": "4096\t131072\t6291456\n",
    "proc/sys/net/ipv4/conf/eth0.100/rp_filter": "1\n",
    "proc/sys/net/ipv4/conf/other/rp_filter": "2\n",
  });
  assert.deepEqual(Object.fromEntries(readNetSysctls(["eth0.100"], root.path)), {
    "net/core/somaxconn": "4096",
    "net/ipv4/tcp_rmem": "4096 131072 6291456",
    "net/ipv4/conf/eth0.100/rp_filter": "1",
  });
});

test("readNetSysctls is led nowhere else by a device's name, and reads no long values", () => {
  using root = fixtureRoot({
    "proc/sys/net/ipv4/rp_filter": "secret",
    "proc/sys/net/ipv4/conf/rp_filter": "secret",
    "proc/sys/net/ipv4/conf/a/b/rp_filter": "secret",
    "proc/sys/net/ipv4/conf/$&/rp_filter": "1",
    "proc/sys/net/core/somaxconn": "1".repeat(1000),
  });
  const hostile = ["..", ".", "", "a/b", "../..", "x".repeat(16), "a b", "$&"];
  assert.deepEqual([...readNetSysctls(hostile, root.path)], [["net/ipv4/conf/$&/rp_filter", "1"]]);
});
