import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../errors.ts";
import { parseFilter } from "../filter-language/index.ts";
import { fixtureRoot } from "../host/fixture-root.test.kit.ts";
import { endpointOf } from "./endpoint.ts";

const resolves = (addresses: readonly string[]) => ({ lookUp: async () => addresses });

test("endpointOf tests both directions, each with the port of its own end", async () => {
  const { what, filter, isLoopback } = await endpointOf("192.0.2.1", "443");
  assert.equal(what, "192.0.2.1:443");
  assert.equal(filter, "(src host 192.0.2.1 and src port 443) or (dst host 192.0.2.1 and dst port 443)");
  assert.equal(isLoopback, false);
  assert.equal((await endpointOf("2001:db8::1", "443")).what, "[2001:db8::1]:443");
  for (const address of ["127.0.0.1", "::1"]) assert.ok((await endpointOf(address, "80")).isLoopback);
});

test("endpointOf takes all addresses of a name, once, as packets have them", async () => {
  const found = resolves(["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1%eth0"]);
  const { what, filter } = await endpointOf("www.example.com", "443", found);
  assert.equal(what, "www.example.com:443, which is 192.0.2.1 and 2001:db8::1 and fe80::1 now");
  assert.match(filter, /^\(src host \(192\.0\.2\.1 or 2001:db8::1 or fe80::1\) and src port 443\) or /);
  assert.equal(parseFilter(filter).root.kind, "or");
});

test("endpointOf takes the names of services that this machine has", async () => {
  using root = fixtureRoot({ "etc/services": "shop 8443/tcp\n" });
  const { what, filter } = await endpointOf("192.0.2.1", "shop", { root: root.path });
  assert.equal(what, "192.0.2.1:shop (8443)");
  assert.match(filter, /src port 8443/);
  await assert.rejects(endpointOf("192.0.2.1", "shopp", { root: root.path }), { hint: "Did you mean shop?" });
});

test("endpointOf refuses what is no port or no host, and a name without an address", async () => {
  for (const port of ["0", "65536", "99999", "-1", "no\u001bservice"])
    await assert.rejects(endpointOf("192.0.2.1", port), /^UsageError: "[\x20-\x7e]*" is no port/, port);
  for (const host of ["a b", "a\u001bb", "x".repeat(254)])
    await assert.rejects(endpointOf(host, "80", resolves(["192.0.2.1"])), /is no host/, host);
  await assert.rejects(endpointOf("web", "80", resolves([])), /has no address/);
  await assert.rejects(endpointOf("web", "80", resolves(["not an address) or true"])), /has no address/);
  const refuses = { lookUp: () => Promise.reject(Object.assign(new Error(), { code: "ENOTFOUND" })) };
  await assert.rejects(endpointOf("web", "80", refuses), (failure) => {
    assert.ok(failure instanceof UsageError);
    assert.equal(failure.message, 'Cannot find the addresses of "web": ENOTFOUND');
    return true;
  });
});
