/** Completion with names that somebody else chose: bash offers them, and runs nothing. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { patient } from "../patience.ts";
import { runCommand } from "./command-line.ts";

const LIMIT = { timeout: patient(30_000) };
/** The kernel allows 15 bytes without white space, slash or colon. */
const INTERFACES = [
  "$(id>&2)",
  "`id>&2`",
  "$HOME",
  "a;id>&2",
  "*",
  "~",
  "'a",
  '"b',
  "\\c",
  "<x",
  "-n",
  "\x1b[1m",
];
const NAMESPACES = ["$(id >&2)", "a b", "$'\\x41'", "!!", "%d", "[a-z]*", "é"];

const UNITS = ["$(id >&2).service", "nginx.service", "a b.service"];

/** Runs bash where only these interfaces, named namespaces and units exist, beside lo. */
function bashThere(script: string): { readonly stdout: string; readonly stderr: string } {
  const setUp = `
    mount -t sysfs none /sys && mount -t tmpfs none /run && mkdir /run/netns && mount -t tmpfs none /tmp &&
    cd /tmp && touch file
    n=0; for name in $INTERFACES; do n=$((n + 1)); ip link add name "$name" type veth peer name "p$n" || exit 1; done
    printf '%s\\n' "$NAMESPACES" | while IFS= read -r name; do : > "/run/netns/$name"; done
    mount -t tmpfs none /sys/fs/cgroup || exit 1
    printf '%s\\n' "$UNITS" | while IFS= read -r name; do mkdir -p "/sys/fs/cgroup/system.slice/$name"; done
    exec "$BASH_PROGRAM" --norc --noprofile $BASH_FLAGS`;
  const { stdout, stderr, status } = spawnSync(
    "unshare",
    ["--net", "--mount", "sh", "-c", `set -f; ${setUp}`],
    {
      encoding: "utf8",
      input: script,
      timeout: patient(20_000),
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: "/nobody",
        LC_ALL: "C.UTF-8",
        BASH_PROGRAM: "bash",
        BASH_FLAGS: "",
        INTERFACES: INTERFACES.join("\n"),
        NAMESPACES: NAMESPACES.join("\n"),
        UNITS: UNITS.join("\n"),
        COMPLETION: runCommand("completion").stdout,
      },
    },
  );
  assert.equal(status, 0, stderr);
  return { stdout, stderr };
}

/** The suggestions after these words, as the shell then reads them. */
function offered(...words: readonly string[]): readonly string[] {
  const { stdout, stderr } = bashThere(`
    eval "$COMPLETION"
    COMP_WORDS=(tcpdrop ${words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")})
    COMP_CWORD=${words.length}
    _tcpdrop
    for reply in "\${COMPREPLY[@]}"; do eval "read=(tcpdrop iface $reply)"; printf '%s\\0' "\${read[2]}" "\${#read[@]}"; done`);
  assert.equal(stderr, "", "nothing ran");
  const read = stdout.split("\0").slice(0, -1);
  assert(
    read.every((word, at) => at % 2 === 0 || word === "3"),
    `each is one word: ${read.join(" | ")}`,
  );
  return read.filter((_word, at) => at % 2 === 0);
}

test("completion offers units behind --for, and runs nothing", LIMIT, () => {
  assert.deepEqual(offered("--for", "").toSorted(), UNITS.toSorted());
  assert.deepEqual(offered("--for", "ng"), ["nginx.service"]);
});

test("completion offers interfaces of any name, and runs nothing", LIMIT, () => {
  const peers = INTERFACES.map((_name, at) => `p${at + 1}`);
  assert.deepEqual(offered("iface", "").toSorted(), [...INTERFACES, ...peers, "lo"].toSorted());
  assert.deepEqual(offered("iface", "$H"), ["$HOME"]);
  assert.deepEqual(offered("iface", "\\$\\("), ["$(id>&2)"], "as it is written with quotes");
  assert.deepEqual(offered("iface", "$(id>&2)"), ["$(id>&2)"]);
});

test("completion offers network namespaces of any name, and runs nothing", LIMIT, () => {
  for (const before of ["netns", "--netns"])
    assert.deepEqual(offered(before, "").toSorted(), [...NAMESPACES].toSorted());
  assert.deepEqual(offered("netns", "a"), ["a b"]);
});

test("completion offers the words of --stacks, and reasons in small letters", LIMIT, () => {
  assert.deepEqual(offered("--stacks", ""), ["auto", "all", "none"]);
  assert.deepEqual(offered("reason", "no_sock"), ["NO_SOCKET"]);
  assert.deepEqual(offered("explain", "tcp_csum"), ["TCP_CSUM"]);
});

test("completion offers columns, also behind those that stand there, whatever they are", LIMIT, () => {
  assert.deepEqual(offered("--columns", "sad"), ["saddr"]);
  assert.deepEqual(offered("--columns", "time,$(id>&2),sad"), ["time,$(id>&2),saddr"]);
  assert.deepEqual(offered("--sort", "r").toSorted(), ["rate", "reason"]);
});

test("completion quotes what the shell would interpret", LIMIT, () => {
  const { stdout } = bashThere(`
    eval "$COMPLETION"; COMP_WORDS=(tcpdrop flags '!a'); COMP_CWORD=2; _tcpdrop; printf '%s\\n' "\${COMPREPLY[@]}"`);
  assert.equal(stdout, "\\!ack\n");
});

test("TAB on a terminal runs nothing either", LIMIT, () => {
  const { stdout } = bashThere(`
    script -qec 'bash --norc --noprofile -i' /dev/null <<'END'
eval "$COMPLETION"; PS1='> '; bind 'set enable-bracketed-paste off'
tcpdrop iface \t\t
tcpdrop iface \\$\\(\t # completed
tcpdrop netns \\$\\(\t # completed
exit 0
END`);
  assert.doesNotMatch(stdout, /uid=/);
  assert(!stdout.includes("\x1b[1m"), "no name steers the terminal");
  assert.match(stdout, /tcpdrop iface \\\$\\\(id\\>\\&2\\\) {1,2}# completed/);
  assert.match(stdout, /tcpdrop netns \\\$\\\(id\\ \\>\\&2\\\) {1,2}# completed/);
});
