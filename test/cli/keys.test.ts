/** Keys on a terminal, what it is set to afterwards, and job control. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Hosts } from "../../src/lab/hosts.ts";
import { libcSyscalls } from "../../src/sys/libc.ts";
import { resets } from "../kernel/storm.ts";
import { patient } from "../patience.ts";
import { MAIN } from "./command-line.ts";
import { Pty } from "./pty.ts";

const LIMIT = { timeout: patient(90_000) };
const TRACING = /Tracing TCP drops since/;
const KEYS = /s (?:report|totals) now, q end/;
const [CTRL_C, CTRL_Z] = ["\x03", "\x1a"];
/** As set by nobody: Enter ends a line, and what is typed is shown. */
const COOKED = /(?<!-)icanon\b[\s\S]*(?<!-)\becho\b/;
const AT_ONCE = /-icanon\b[\s\S]*-echo\b/;

const command = (hosts: Hosts, words = ""): string =>
  `${process.execPath} ${MAIN} --no-stack --netns ${hosts.server.inode} ${words}`;
const totals = (count: number): RegExp => new RegExp(`^\\d\\d:\\d\\d:\\d\\d {2}${count} drops?`, "m");
/** As it says itself. */
const pidOf = (text: string): number => Number(/^pid (\d+)$/m.exec(text)?.[1]);

test("s shows the totals now, q ends the run, and neither is shown itself", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using pty = new Pty(`${command(hosts)}; echo "code $?"; sleep 60`);
  await pty.shows(KEYS);
  assert.match(pty.settings(), AT_ONCE);
  assert.match(pty.settings(), /(?<!-)isig\b/);
  hosts.injectAll(resets(0, 30));
  await pty.shows(/NO_SOCKET/);
  pty.type("s");
  await pty.shows(totals(30));
  pty.type("xq");
  await pty.shows(/^code 0$/m);
  assert.match(pty.settings(), COOKED);
  assert.doesNotMatch(pty.text, /^(s\d|xq)/m);
  assert.match(pty.text, /^seen \d+ = shown 30\b/m);
});

for (const [how, end] of [
  ["Ctrl-C", (pty: Pty) => pty.type(CTRL_C)],
  ["SIGTERM", (pty: Pty) => process.kill(pidOf(pty.text), "SIGTERM")],
  ["SIGHUP", (pty: Pty) => process.kill(pidOf(pty.text), "SIGHUP")],
  ["SIGQUIT", (pty: Pty) => process.kill(pidOf(pty.text), "SIGQUIT")],
] as const)
  test(`the terminal is as it was after ${how}`, LIMIT, async () => {
    using hosts = new Hosts(libcSyscalls);
    await using pty = new Pty(
      `trap : INT; sh -c 'echo pid $$; exec ${command(hosts)}'; echo "code $?"; sleep 60`,
    );
    await pty.shows(KEYS);
    end(pty);
    await pty.shows(/^code 0$/m);
    assert.match(pty.settings(), COOKED);
    assert.match(pty.text, /^seen \d+/m);
  });

test("the terminal is as it was at the first signal already, while the run ends", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  await using pty = new Pty(`sh -c 'echo pid $$; exec ${command(hosts)}'; echo "code $?"; sleep 60`);
  await pty.shows(KEYS);
  const pid = pidOf(pty.text);
  process.kill(pid, "SIGTERM");
  for (let at = 0; at < 200 && !COOKED.test(pty.settings()); at += 1) await sleep(5);
  assert.match(pty.settings(), COOKED);
  await pty.shows(/^code \d+$/m);
});

test("without a terminal to read, there are no keys and nothing else is different", LIMIT, async () => {
  using hosts = new Hosts(libcSyscalls);
  for (const [stdin, stdout] of [
    ["</dev/null", ""],
    ["", "| cat"],
  ]) {
    await using pty = new Pty(`${command(hosts, "--duration 500ms")} ${stdin} ${stdout}; sleep 60`);
    await pty.shows(TRACING);
    assert.match(pty.settings(), COOKED);
    await pty.shows(/^seen \d+/m);
    assert.match(pty.text, /Ctrl-C ends\.$/m);
    assert.doesNotMatch(pty.text, KEYS);
  }
  await using piped = new Pty(`sleep 60 | ${command(hosts, "--duration 500ms")}`);
  await piped.shows(/^seen \d+/m);
});

/** An interactive shell, which has jobs; it writes no escape sequences to such a terminal. */
const shell = (): Pty =>
  new Pty("exec bash --norc --noprofile -i", { env: { PS1: "ready> ", TERM: "dumb" } });

test(
  "Ctrl-Z stops it, with the terminal as it was; fg brings it and its keys back, bg does without",
  LIMIT,
  async () => {
    using hosts = new Hosts(libcSyscalls);
    await using pty = shell();
    await pty.shows(/ready> /);
    pty.type(`${command(hosts)}\n`);
    await pty.shows(KEYS);
    pty.type(CTRL_Z);
    await pty.shows(/Stopped/);
    let from = pty.text.length;
    pty.type("stty -a\n");
    assert.match((await pty.shows(/isig[\s\S]*extproc/, from))[0], COOKED);
    hosts.injectAll(resets(0, 3));

    from = pty.text.length;
    pty.type("fg\n");
    await pty.shows(/NO_SOCKET/, from);
    await pty.shows(/x 2 in the last|NO_SOCKET[\s\S]*NO_SOCKET/, from);
    for (let at = 0; at < 400 && !AT_ONCE.test(pty.settings()); at += 1) await sleep(5);
    pty.type("s");
    await pty.shows(totals(3), from);

    pty.type(CTRL_Z);
    await pty.shows(/Stopped/, from);
    from = pty.text.length;
    pty.type("bg\n");
    await pty.shows(/&$/m, from);
    pty.type("echo still $((40 + 2))\n");
    await pty.shows(/^still 42$/m, from);
    await sleep(1500);
    pty.type("jobs\n");
    await pty.shows(/^\[1\].*Running/m, from);
    hosts.injectAll(resets(3, 3));
    await pty.shows(/NO_SOCKET/, from);

    from = pty.text.length;
    pty.type("fg\n");
    for (let at = 0; at < 800 && !AT_ONCE.test(pty.settings()); at += 1) await sleep(5);
    pty.type("q");
    await pty.shows(/^seen \d+ = shown 6\b/m, from);
    from = pty.text.length;
    pty.type("stty -a\n");
    assert.match((await pty.shows(/isig[\s\S]*extproc/, from))[0], COOKED);
    pty.type("exit\n");
    await pty.ended;
  },
);

test(
  "started in the background it is not stopped, whatever is typed, and its keys come with fg",
  LIMIT,
  async () => {
    using hosts = new Hosts(libcSyscalls);
    await using pty = shell();
    await pty.shows(/ready> /);
    pty.type(`${command(hosts)} &\n`);
    await pty.shows(TRACING);
    assert.match(pty.text, /Ctrl-C ends\./);
    for (let at = 0; at < 5; at += 1) {
      pty.type(`echo word ${at}\n`);
      await pty.shows(new RegExp(`^word ${at}$`, "m"));
    }
    const from = pty.text.length;
    pty.type("jobs\n");
    await pty.shows(/^\[1\].*Running/m, from);
    pty.type("fg\n");
    for (let at = 0; at < 800 && !AT_ONCE.test(pty.settings()); at += 1) await sleep(5);
    pty.type("q");
    await pty.shows(/^seen \d+/m, from);
    pty.type("exit\n");
    await pty.ended;
  },
);
