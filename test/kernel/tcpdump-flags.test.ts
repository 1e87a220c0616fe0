/** The flags that tcpdump's and bcc's users type. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { Hosts } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { RunningCommand, runCommand } from "../cli/command-line.ts";
import { patient } from "../patience.ts";
import { resets } from "./storm.ts";

const LIMIT = { timeout: patient(30_000) };

test("-n -i IFACE -c N: N drops of that interface, of every namespace that is named", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  const namespaces = ["--netns", String(hosts.client.inode), "--netns-id", String(hosts.server.inode)];
  await using command = new RunningCommand([
    ...["-n", "-i", hosts.serverDevice, "-c", "2", "--format", "json"],
    ...namespaces,
    ...["tcp", "sport", "40000"],
  ]);
  await command.attached();
  hosts.injectAll(resets(0, 3));
  const { code } = await command.end();
  assert.equal(code, EXIT.done, command.stderr);
  const drops = command.stdout.split("\n").filter((line) => line.startsWith('{"type":"drop"'));
  assert.equal(drops.length, 2);
  for (const line of drops) assert.equal(JSON.parse(line).ifname, hosts.serverDevice);
});

test("-i adds to the filter, and any adds nothing", () => {
  const explained = (...words: readonly string[]) => runCommand("--explain-filter", ...words).stdout;
  assert.match(explained("-i", "eth0", "port 1 or 2"), /^ {4}portrange 1-2\n {4}iface eth0$/m);
  assert.match(explained("-i", "eth0", "--filter", "port 1 # web"), /^ {4}port 1\n {4}iface eth0$/m);
  assert.equal(explained("-i", "any", "port 1"), explained("port 1"));
  assert.match(explained("-i", "a'b", "port 1"), /iface "?a'b/);
});
