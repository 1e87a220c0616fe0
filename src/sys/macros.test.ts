/** Compares every macro, also those of tests, with this system's headers: linux-libc-dev and libc6-dev. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import * as testMacros from "../../test/lab/macros.ts";
import * as macros from "./macros.ts";

/**
 * Where the names stand. The kernel's own fcntl.h, poll.h and resource.h clash with libc's, and libc's have
 * the same numbers.
 */
const HEADERS = [
  "errno.h",
  "fcntl.h",
  "net/if.h",
  "netinet/in.h",
  "netinet/tcp.h",
  "poll.h",
  "sched.h",
  "sys/ioctl.h",
  "sys/mman.h",
  "sys/resource.h",
  "sys/socket.h",
  "termios.h",
  "time.h",
  "linux/bpf.h",
  "linux/bpf_common.h",
  "linux/errqueue.h",
  "linux/ethtool.h",
  "linux/if_addr.h",
  "linux/if_ether.h",
  "linux/if_link.h",
  "linux/if_packet.h",
  "linux/if_tun.h",
  "linux/inet_diag.h",
  "linux/magic.h",
  "linux/net_tstamp.h",
  "linux/netlink.h",
  "linux/perf_event.h",
  "linux/rtnetlink.h",
  "linux/sock_diag.h",
  "linux/userfaultfd.h",
  "linux/sockios.h",
  "linux/virtio_net.h",
];

/**
 * The unistd.h of each architecture: arm64 has the generic one; that of x86-64 is there on x86-64, or with
 * its cross headers.
 */
const UNISTD = [
  {
    arch: "x64",
    headers: [
      "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
      "/usr/x86_64-linux-gnu/include/asm/unistd_64.h",
    ],
  },
  { arch: "arm64", headers: ["/usr/include/asm-generic/unistd.h"] },
] as const;

/**
 * What the C compiler finds wrong with `NAME == value`, one line each; nothing is compiled further than that.
 */
function disagreements(
  headers: readonly string[],
  values: readonly (readonly [string, number | bigint])[],
): string[] {
  const includes = headers.map((header) => `#include <${header}>`);
  const asserts = values.map(
    ([name, value]) => `_Static_assert((unsigned long)(${name}) == ${value}ul, "${name} is not ${value}");`,
  );
  const { stderr, error, status } = spawnSync("cc", ["-xc", "-fsyntax-only", "-D_GNU_SOURCE", "-"], {
    input: [...includes, ...asserts, ""].join("\n"),
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  assert.equal(
    error,
    undefined,
    "cc is needed, to read the headers: apt-get install gcc linux-libc-dev libc6-dev",
  );
  const wrong = stderr.split("\n").filter((line) => /\b(?:error|fatal):/.test(line));
  assert.equal(status === 0, wrong.length === 0, stderr);
  return wrong;
}

const named = Object.entries({ ...macros, ...testMacros }).filter(
  (entry): entry is [string, number | bigint] =>
    ["number", "bigint"].includes(typeof entry[1]) && !entry[0].startsWith("NR_"),
);

describe("macros", () => {
  test("are those of the headers", () => {
    assert.ok(named.length > 100, `${named.length} macros`);
    assert.deepEqual(disagreements(HEADERS, named), []);
  });

  test("would be found wrong, and so would a name or a header that is not there", () => {
    assert.match(disagreements(HEADERS, [["BPF_LDX", macros.BPF_LDX + 1]]).join(), /BPF_LDX is not 2/);
    assert.match(disagreements(HEADERS, [["BPF_NO_SUCH_NAME", 1]]).join(), /BPF_NO_SUCH_NAME/);
    assert.match(disagreements(["linux/no_such_header.h"], [["BPF_LDX", 1]]).join(), /no_such_header/);
  });

  for (const { arch, headers } of UNISTD) {
    const header = headers.find((path) => existsSync(path));
    const skip =
      header === undefined && process.arch !== arch
        ? `no system call numbers of ${arch} here: linux-libc-dev-amd64-cross has them`
        : false;
    test(`system call numbers of ${arch}`, { skip }, () => {
      assert.ok(header !== undefined, `none of ${headers.join(", ")}: apt-get install linux-libc-dev`);
      const { bpf, perfEventOpen, userfaultfd } = macros.NR[arch];
      const values = [
        ["__NR_bpf", bpf],
        ["__NR_perf_event_open", perfEventOpen],
        ["__NR_userfaultfd", userfaultfd],
      ] as const;
      assert.deepEqual(disagreements([header], values), []);
    });
  }

  test("NR_ are those of this machine", () => {
    assert.deepEqual(
      disagreements(
        ["sys/syscall.h"],
        [
          ["SYS_bpf", macros.NR_BPF],
          ["SYS_perf_event_open", macros.NR_PERF_EVENT_OPEN],
          ["SYS_userfaultfd", macros.NR_USERFAULTFD],
        ],
      ),
      [],
    );
  });
});
