import assert from "node:assert/strict";
import { test } from "node:test";
import { fixtureRoot } from "./fixture-root.test.kit.ts";
import { Kallsyms } from "./kallsyms.ts";
import { LoadedModules } from "./loaded-modules.ts";
import { openKallsyms } from "./symbol-reader.ts";

const HIGH = 0xffff_ffff;
const MODULE_LINES = [
  "ffffffffc0300000 t veth_xmit\t[veth]",
  "ffffffffc0300100 t veth_poll\t[veth]",
  "ffffffffc0100000 t bpf_prog_3f2a0c9d8e7b6a51_name\t[bpf]",
  "ffffffffc0200000 t ftrace_trampoline\t[__builtin__ftrace]",
];
const FILE = [
  "0000000000000000 A fixed_percpu_data",
  "ffffffff81000000 T _stext",
  "ffffffff81000000 T _text",
  "ffffffff81000040 T tcp_v4_rcv",
  "ffffffff81000080 d data_inside",
  "ffffffff81000100 W weak_function",
  "ffffffff81000200 t static_twin",
  "ffffffff81000300 t static_twin",
  "ffffffff82000000 D jiffies",
  ...MODULE_LINES,
  "",
].join("\n");
const parse = (text: string): Kallsyms => new Kallsyms(Buffer.from(text));

test("Kallsyms.lookup names function, offset and module", () => {
  const symbols = parse(FILE);
  assert.deepEqual(symbols.lookup(0x8100_0044, HIGH), { name: "tcp_v4_rcv", offset: 4, module: undefined });
  assert.deepEqual(symbols.lookup(0x8100_0100, HIGH), {
    name: "weak_function",
    offset: 0,
    module: undefined,
  });
  assert.deepEqual(symbols.lookup(0xc030_0105, HIGH), { name: "veth_poll", offset: 5, module: "veth" });
  assert.deepEqual(symbols.lookup(0xc010_0020, HIGH), {
    name: "bpf_prog_3f2a0c9d8e7b6a51_name",
    offset: 0x20,
    module: "bpf",
  });
  assert.equal(symbols.lookup(0xc020_0000, HIGH)?.module, "__builtin__ftrace");
  assert.equal(symbols.size, 10);
  assert.equal(symbols.badLines, 0);
});

test("Kallsyms.lookup takes the first of several names for an address, as the kernel does", () => {
  assert.equal(parse(FILE).lookup(0x8100_0010, HIGH)?.name, "_stext");
  const unsorted = `${FILE}ffffffff81000000 T later_alias\n`;
  assert.equal(parse(unsorted).lookup(0x8100_0010, HIGH)?.name, "_stext");
});

test("Kallsyms.lookup lets no data symbol stand before a function", () => {
  assert.deepEqual(parse(FILE).lookup(0x8100_0090, HIGH), {
    name: "tcp_v4_rcv",
    offset: 0x50,
    module: undefined,
  });
});

test("Kallsyms.lookup leaves addresses alone that are in no function", () => {
  const symbols = parse(FILE);
  assert.equal(symbols.lookup(0x80ff_ffff, HIGH), undefined);
  assert.equal(symbols.lookup(0x8102_0300, HIGH), undefined, "128 KiB behind the last core symbol");
  assert.equal(symbols.lookup(0x8102_02ff, HIGH)?.name, "static_twin");
  assert.equal(symbols.lookup(0, 0), undefined);
  assert.equal(symbols.lookup(0x8100_0044, 0xffff_8000), undefined);
  assert.equal(symbols.lookup(0xffff_ffff, 0xffff_ffff), undefined);
});

test("Kallsyms.lookup ends the kernel's own functions where its text ends", () => {
  const symbols = parse(
    [
      "ffffffff81000000 T _stext",
      "ffffffff81000000 T tcp_v4_rcv",
      "ffffffff81000100 t last_function",
      "ffffffff81000140 T _etext",
      "ffffffff81001000 T _sinittext",
      "ffffffff81001000 t start_init",
      "ffffffff81001040 T _einittext",
      "ffffffff81002000 t entry_trampoline",
    ].join("\n"),
  );
  const name = (low: number): string | undefined => symbols.lookup(low, HIGH)?.name;
  assert.equal(name(0x8100_013f), "last_function");
  for (const low of [0x8100_0140, 0x8100_0141, 0x8100_0fff, 0x8100_1040, 0x8100_1fff])
    assert.equal(name(low), undefined, low.toString(16));
  assert.equal(name(0x8100_103f), "_sinittext");
  assert.equal(name(0x8100_2010), "entry_trampoline");
});

const LOADED = "veth 40960 0 - Live 0xffffffffc0300000\n";
const NF_TABLES = "nf_tables 376832 3 nft_ct,nft_counter, Live 0xffffffffc0308000 (OE)\n";

test("Kallsyms.lookup gives a module's name to no other module's address", () => {
  // As found: nft_do_chain of a module that was loaded later came out as veth_exit+0x1888f [veth].
  const symbols = parse(`${FILE}ffffffffc0300200 t veth_exit\t[veth]\n`);
  const lookup = (low: number, modules: string): string | undefined =>
    symbols.lookup(low, HIGH, LoadedModules.parse(modules))?.name;
  assert.equal(symbols.lookup(0xc031_8a8f, HIGH)?.name, "veth_exit", "nobody knows what is loaded");
  assert.equal(lookup(0xc031_8a8f, LOADED), undefined, "behind the end of veth");
  assert.equal(lookup(0xc030_9fff, LOADED), "veth_exit", "before it");
  assert.equal(lookup(0xc030_9fff, LOADED + NF_TABLES), undefined, "its text begins before veth's data ends");
  assert.equal(lookup(0xc030_7fff, LOADED + NF_TABLES), "veth_exit");
  assert.equal(lookup(0xc030_0105, LOADED.replace("veth", "other")), undefined, "another one there");
  assert.equal(lookup(0xc030_0105, ""), undefined, "unloaded");
  assert.equal(lookup(0xc030_0105, LOADED.replace("c0300000", "c0300080")), "veth_poll");
  assert.equal(lookup(0xc030_0005, LOADED.replace("c0300000", "c0300080")), undefined, "loaded elsewhere");
});

test("Kallsyms.lookup names BPF programs and the kernel's own functions whatever is loaded", () => {
  const symbols = parse(`${FILE}ffffffffc0308000 t bpf_prog_3f2a0c9d8e7b6a52_other\t[bpf]\n`);
  const lookup = (low: number, modules: string): string | undefined =>
    symbols.lookup(low, HIGH, LoadedModules.parse(modules))?.name;
  for (const modules of ["", LOADED]) {
    assert.equal(lookup(0xc010_0020, modules), "bpf_prog_3f2a0c9d8e7b6a51_name");
    assert.equal(lookup(0xc020_0000, modules), "ftrace_trampoline");
    assert.equal(lookup(0x8100_0044, modules), "tcp_v4_rcv");
    assert.equal(lookup(0xc030_8010, modules), "bpf_prog_3f2a0c9d8e7b6a52_other");
  }
  assert.equal(lookup(0xc030_9010, NF_TABLES.replace("c0308000", "c0309000")), undefined);
});

test("Kallsyms.addressesOf finds every function of exactly that name", () => {
  const symbols = parse(FILE);
  assert.deepEqual(symbols.addressesOf("static_twin"), [0xffff_ffff_8100_0200n, 0xffff_ffff_8100_0300n]);
  assert.deepEqual(symbols.addressesOf("veth_xmit"), [0xffff_ffff_c030_0000n]);
  for (const name of ["tcp_v4", "v4_rcv", "jiffies", "fixed_percpu_data", "", " ", "T tcp_v4_rcv", "absent"])
    assert.deepEqual(symbols.addressesOf(name), [], name);
  assert.deepEqual(parse("ffffffff81000040 T last_line").addressesOf("last_line"), [0xffff_ffff_8100_0040n]);
});

test("Kallsyms counts lines that are no symbol and reads the others", () => {
  const symbols = parse(
    [
      "",
      "nonsense",
      "ffffffff8100004 T short",
      "ffffffff81000040 T ",
      "FFFFFFFF81000040 T upper_case",
      `ffffffff81000040 T ${"x".repeat(700)}`,
      "ffffffff81000040 T good",
    ].join("\n"),
  );
  assert.equal(symbols.badLines, 6);
  assert.equal(symbols.size, 1);
  assert.equal(symbols.lookup(0x8100_0040, HIGH)?.name, "good");
});

test("openKallsyms says why addresses are hidden", () => {
  const hidden = "0000000000000000 T tcp_v4_rcv\n0000000000000000 T ip_rcv\n";
  const status = (capEff: string): string => `Name:\tnode\nCapEff:\t${capEff}\nSeccomp:\t0\n`;
  const all = status("000001ffffffffff");
  const none = status("0000000000000000");
  const initial = "         0          0 4294967295\n";
  const cases = [
    {
      kptr: "2\n",
      status: all,
      uidMap: initial,
      expected: /from everybody: kernel\.kptr_restrict is 2\. Set it to 1/,
    },
    { kptr: "2\n", status: none, uidMap: "0 1000 1", expected: /kernel\.kptr_restrict is 2\. Set it to 1/ },
    {
      kptr: "1\n",
      status: none,
      uidMap: initial,
      expected:
        /kptr_restrict is 1, which wants CAP_SYSLOG, and this process lacks it\. Run as root, or give it CAP_SYSLOG\.$/,
    },
    {
      kptr: "0\n",
      status: none,
      uidMap: initial,
      expected:
        /: this process lacks CAP_SYSLOG\. .*give it CAP_SYSLOG, or set kernel\.perf_event_paranoid to 1\.$/,
    },
    // CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN alone.
    {
      kptr: "0\n",
      status: status("000000c000001000"),
      uidMap: initial,
      expected: /: this process lacks CAP_SYSLOG\./,
    },
    {
      kptr: undefined,
      status: none,
      uidMap: initial,
      expected: /: this process lacks CAP_SYSLOG\. Run as root, or give it CAP_SYSLOG\.$/,
    },
    { kptr: "1\n", status: all, uidMap: "0 1000 1", expected: /in a user namespace of its own/ },
    {
      kptr: "0\n",
      status: undefined,
      uidMap: initial,
      expected: /it is unknown whether this process has CAP_SYSLOG\. Run as root/,
    },
    {
      kptr: "1\n",
      status: all,
      uidMap: initial,
      expected: /though this process has CAP_SYSLOG: look for a security module/,
    },
  ];
  for (const { kptr, status: own, uidMap, expected } of cases) {
    using root = fixtureRoot({
      "proc/kallsyms": hidden,
      "proc/self/uid_map": uidMap,
      ...(kptr === undefined ? {} : { "proc/sys/kernel/kptr_restrict": kptr }),
      ...(own === undefined ? {} : { "proc/self/status": own }),
    });
    const { symbols, problem = "" } = openKallsyms(root.path);
    assert.equal(symbols, undefined);
    assert.match(problem, expected);
    if (kptr === "0\n") assert.doesNotMatch(problem, /kptr_restrict/, "0 is not the reason");
  }
});

test("openKallsyms reports a file that is missing, is a folder, or is empty", () => {
  using empty = fixtureRoot({ "proc/kallsyms": "" });
  using none = fixtureRoot();
  using folder = fixtureRoot({ "proc/kallsyms/x": "" });
  assert.match(openKallsyms(empty.path).problem ?? "", /holds no text symbols/);
  assert.match(openKallsyms(none.path).problem ?? "", /no such file.*CONFIG_KALLSYMS/);
  assert.match(openKallsyms(folder.path).problem ?? "", /EISDIR/);
});

test("openKallsyms reads a file below another root", () => {
  using root = fixtureRoot({ "proc/kallsyms": FILE });
  const { symbols, problem } = openKallsyms(`${root.path}/`);
  assert.equal(problem, undefined);
  assert.equal(symbols?.lookup(0x8100_0044, HIGH)?.name, "tcp_v4_rcv");
});
