/** The cookie of a socket is the one that ss(8) prints. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT } from "../../src/errors.ts";
import { Hosts } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { RunningCommand } from "../cli/command-line.ts";
import { patient } from "../patience.ts";
import { overfill } from "./refused.ts";

test("sk_cookie_hex of a listening socket is what ss -e prints behind sk:", {
  timeout: patient(30_000),
}, async () => {
  using hosts = new Hosts(libcSyscalls);
  const port = hosts.newPort();
  hosts.listen(4, port, 0);
  const printed = hosts.server.run("ss", ["-H", "-ltne", `sport = :${port}`]);
  const [, cookie] = /\bsk:([0-9a-f]+)\b/.exec(printed) ?? assert.fail(`no cookie in: ${printed}`);
  await using command = new RunningCommand(["--format", "json", "--netns", String(hosts.server.inode)]);
  await command.attached();
  overfill(hosts, 4, port);
  const { code } = await command.end("SIGINT");
  assert.equal(code, EXIT.done, command.stderr);
  const refused = command.stdout
    .split("\n")
    .filter((line) => line.startsWith('{"type":"refused"'))
    .map((line) => JSON.parse(line) as { sk_cookie?: string; sk_cookie_hex?: string });
  assert(refused.length > 0, command.stdout);
  for (const one of refused)
    assert.deepEqual([one.sk_cookie_hex, BigInt(one.sk_cookie ?? 0)], [cookie, BigInt(`0x${cookie}`)]);
});
