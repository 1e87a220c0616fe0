import assert from "node:assert/strict";
import { test } from "node:test";
import { Kallsyms, type KernelSymbol } from "../host/kallsyms.ts";
import { LoadedModules } from "../host/loaded-modules.ts";
import { readsSymbols, symbolsOf } from "../host/symbol-reader.test.kit.ts";
import { Symbolizer } from "./symbolizer.ts";

const HIGH = 0xffff_ffff;
/** Name to the low half of its address; each 0x100 long. */
const FUNCTIONS = [
  "tcp_v4_rcv",
  "sk_skb_reason_drop",
  "__traceiter_kfree_skb",
  "__bpf_trace_kfree_skb",
  "bpf_trace_run4",
  "bpf_get_stack_raw_tp",
  "tcf_classify",
  "ip_rcv",
];
const MODULE_FUNCTIONS = [
  "bpf_prog_3f2a0c9d8e7b6a51_kfree_skb [bpf]",
  "bpf_trampoline_6442450944 [bpf]",
  "veth_xmit [veth]",
];
const low = (name: string): number =>
  0x8100_0000 + 0x100 * [...FUNCTIONS, ...MODULE_FUNCTIONS.map((full) => full.split(" ")[0])].indexOf(name);
const FILE = [...FUNCTIONS, ...MODULE_FUNCTIONS]
  .map(
    (full, index) => `ffffffff${(0x8100_0000 + 0x100 * index).toString(16)} T ${full.replace(" ", "\t")}\n`,
  )
  .join("");
const BPF_PROGRAM = "bpf_prog_3f2a0c9d8e7b6a51_kfree_skb";

function symbolizer(): Symbolizer {
  return new Symbolizer(symbolsOf(new Kallsyms(Buffer.from(FILE))));
}

/** A stack with every return address 0x10 into its function; "?" is an address that nobody knows. */
const words = (...names: string[]): Uint32Array =>
  Uint32Array.from(names.flatMap((name) => (name === "?" ? [0x1234, HIGH] : [low(name) + 0x10, HIGH])));

test("Symbolizer opens symbols at the first question, once", () => {
  let opened = 0;
  const lazy = new Symbolizer(
    readsSymbols(() => {
      opened += 1;
      return "hidden";
    }),
  );
  assert.equal(lazy.problem, undefined);
  assert.equal(opened, 0);
  assert.equal(lazy.frame(0x8100_0010, HIGH), "0xffffffff81000010");
  assert.deepEqual(lazy.stack(Uint32Array.of(1, 2)), ["0x0000000200000001"]);
  assert.deepEqual(lazy.addressesOf("tcp_v4_rcv"), []);
  assert.equal(lazy.problem, "hidden");
  assert.equal(opened, 1);
});

test("Symbolizer.prepare reads in slices, and a question meanwhile finishes the same reading", {
  timeout: 20_000,
}, async () => {
  let opened = 0;
  let nowMs = 0;
  // Each look at the clock is a millisecond.
  const open = (): string => {
    opened += 1;
    return "hidden";
  };
  const it = new Symbolizer(readsSymbols(open, { stepCount: 50 }), () => nowMs++);
  it.prepare();
  assert.equal(opened, 0, "not in the same turn");
  while (it.problem === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.ok(nowMs > 50, "a step, a look at the clock");
  assert.equal(opened, 1);

  it.frame(1, HIGH);
  assert.equal(opened, 1);
  const asked = new Symbolizer(readsSymbols(open, { stepCount: 1_000_000 }));
  asked.prepare();
  await new Promise((resolve) => setTimeout(resolve, 5));
  asked.frame(1, HIGH);
  assert.equal(asked.problem, "hidden");
  assert.ok(opened <= 2, "what was begun is finished");
});

test("Symbolizer reads anew where an address is in no symbol, not more often than every 10 s", () => {
  const later = 0x9000_0000;
  let file = FILE;
  let opened = 0;
  let nowMs = 0;
  const it = new Symbolizer(
    readsSymbols(() => {
      opened += 1;
      return new Kallsyms(Buffer.from(file));
    }),
    () => nowMs,
  );
  const stack = Uint32Array.of(later + 4, HIGH);
  assert.equal(it.frame(low("ip_rcv"), HIGH), "ip_rcv+0x0");
  assert.deepEqual(it.stack(stack), ["0xffffffff90000004"]);
  file = `${FILE}ffffffff90000000 t new_rcv\t[new]\n`;
  nowMs = 9_999;
  assert.equal(it.frame(later + 8, HIGH), "0xffffffff90000008", "too early");
  nowMs = 10_000;
  assert.equal(it.frame(later + 4, HIGH), "0xffffffff90000004", "nothing new was asked for");
  assert.equal(opened, 1);
  assert.equal(it.frame(later + 12, HIGH), "new_rcv+0xc [new]");
  assert.equal(opened, 2);
  assert.equal(it.frame(later + 8, HIGH), "new_rcv+0x8 [new]", "what had no name has one");
  assert.deepEqual(it.stack(stack), ["new_rcv+0x4 [new]"]);
  nowMs = 30_000;
  assert.equal(it.frame(5, 1), "0x0000000100000005", "no address of the kernel");
  assert.equal(opened, 2);
  for (let again = 0; again < 3; again += 1) {
    nowMs += 20_000;
    it.frame(5, HIGH);
  }
  assert.equal(opened, 3, "what stays unknown is asked for once");
});

/** The symbols of this file while these modules are loaded, and how often they were read. */
class Kernel {
  file = FILE;
  modules = VETH;
  nowMs = 0;
  symbolReadings = 0;
  moduleReadings = 0;

  symbolizer(stepCount = 0): Symbolizer {
    const read = (): Kallsyms => {
      this.symbolReadings += 1;
      return new Kallsyms(Buffer.from(this.file));
    };
    const modules = (): LoadedModules | undefined => {
      this.moduleReadings += 1;
      return LoadedModules.parse(this.modules);
    };
    return new Symbolizer(readsSymbols(read, { stepCount, modules }), () => this.nowMs);
  }
}

/** veth's text ends before its size says; the next module is loaded there. */
const VETH = `veth 40960 0 - Live 0xffffffff${low("veth_xmit").toString(16)}\n`;
const NFT_AT = low("veth_xmit") + 0x4000;
const NFT = `nf_tables 65536 0 - Live 0xffffffff${NFT_AT.toString(16)}\n`;
const NFT_SYMBOLS = `ffffffff${(NFT_AT + 0x40).toString(16)} t nft_do_chain\t[nf_tables]\n`;

test("Symbolizer names what a module drops that was loaded after the symbols were read", () => {
  const kernel = new Kernel();
  const it = kernel.symbolizer();
  const drop = NFT_AT + 0x460;
  assert.equal(it.frame(low("veth_xmit") + 0x10, HIGH), "veth_xmit+0x10 [veth]");
  kernel.modules += NFT;
  kernel.file += NFT_SYMBOLS;
  kernel.nowMs = 2000;
  assert.equal(it.frame(drop, HIGH), "nft_do_chain+0x420 [nf_tables]");
  assert.equal(it.frame(low("veth_xmit") + 0x10, HIGH), "veth_xmit+0x10 [veth]");
  assert.equal(kernel.symbolReadings, 2);
});

test("Symbolizer gives no name where it may not read the symbols again yet, and one as soon as it may", async () => {
  const kernel = new Kernel();
  const it = kernel.symbolizer();
  const stack = Uint32Array.of(NFT_AT + 0x460, HIGH);
  it.frame(low("veth_xmit"), HIGH);
  kernel.modules += NFT;
  kernel.file += NFT_SYMBOLS;
  kernel.nowMs = 200;
  assert.deepEqual(it.stack(stack), [`0xffffffff${(NFT_AT + 0x460).toString(16)}`]);
  const { readings } = it;
  kernel.nowMs = 999;
  it.startBatch();
  assert.equal(kernel.symbolReadings, 1);
  kernel.nowMs = 1001;
  it.startBatch();
  for (let turn = 0; it.readings === readings && turn < 1000; turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(
    it.stack(stack),
    ["nft_do_chain+0x420 [nf_tables]"],
    "nobody had to ask for a new address",
  );
  assert.equal(kernel.symbolReadings, 2);
});

test("Symbolizer forgets the names of a module that has gone, whatever replaced it", () => {
  const kernel = new Kernel();
  const it = kernel.symbolizer();
  const at = low("veth_xmit") + 0x20;
  const bare = `0xffffffff${at.toString(16)}`;
  assert.equal(it.frame(at, HIGH), "veth_xmit+0x20 [veth]");
  assert.equal(it.frame(low("ip_rcv"), HIGH), "ip_rcv+0x0");
  for (const modules of [VETH.replace("veth", "other"), ""]) {
    kernel.modules = modules;
    kernel.nowMs += 1000;
    const { readings } = it;
    it.startBatch();
    assert.ok(it.readings > readings);
    assert.equal(it.frame(at, HIGH), bare);
    assert.equal(it.frame(low("ip_rcv"), HIGH), "ip_rcv+0x0");
  }
});

test("Symbolizer looks at modules seldom, and never for the kernel's own functions", () => {
  const kernel = new Kernel();
  const it = kernel.symbolizer();
  it.frame(low("ip_rcv"), HIGH);
  const { moduleReadings } = kernel;
  for (let address = 0; address < 0x80; address += 1) {
    kernel.nowMs += 10;
    it.startBatch();
    it.frame(low("ip_rcv") + address, HIGH);
  }
  assert.equal(kernel.moduleReadings, moduleReadings);
  for (let address = 0; address < 0x80; address += 1) {
    kernel.nowMs += 10;
    it.startBatch();
    it.frame(low("veth_xmit") + address, HIGH);
  }
  assert.ok(kernel.moduleReadings - moduleReadings <= 14, "every 100 ms while new ones come");
  const before = kernel.moduleReadings;
  for (let turn = 0; turn < 1000; turn += 1) {
    kernel.nowMs += 10;
    it.startBatch();
    it.frame(low("veth_xmit"), HIGH);
  }
  assert.ok(kernel.moduleReadings - before <= 10, "once a second else");
  assert.equal(kernel.symbolReadings, 1);
});

test("Symbolizer.frame shows symbol, offset and module", () => {
  const { frame } = { frame: (name: string) => symbolizer().frame(low(name) + 0x1e, HIGH) };
  assert.equal(frame("tcp_v4_rcv"), "tcp_v4_rcv+0x1e");
  assert.equal(frame("veth_xmit"), "veth_xmit+0x1e [veth]");
  assert.equal(frame(BPF_PROGRAM), `${BPF_PROGRAM}+0x1e [bpf]`);
  assert.equal(symbolizer().frame(0x10, 0), "0x0000000000000010");
  assert.deepEqual(symbolizer().addressesOf("ip_rcv"), [(0xffff_ffffn << 32n) | BigInt(low("ip_rcv"))]);
});

test("Symbolizer.frame keeps halves apart, also when its cache has been full", () => {
  const it = symbolizer();
  for (let address = 0; address < 70_000; address += 1) it.frame(address, 1);
  assert.equal(it.frame(5, 1), "0x0000000100000005");
  assert.equal(it.frame(5, 2), "0x0000000200000005");
  assert.equal(it.frame(low("ip_rcv"), HIGH), "ip_rcv+0x0");
});

test("Symbolizer.frame looks each address up once, and forgets when it has too many", () => {
  let lookups = 0;
  class Counted extends Kallsyms {
    override lookup(low: number, high: number): KernelSymbol | undefined {
      lookups += 1;
      return super.lookup(low, high);
    }
  }
  const it = new Symbolizer(symbolsOf(new Counted(Buffer.from(FILE))));
  for (let again = 0; again < 3; again += 1) it.frame(5, HIGH);
  assert.equal(lookups, 1);
  for (let address = 0; address < 70_000; address += 1) it.frame(address, HIGH);
  assert.equal(lookups, 70_000);
  it.frame(5, HIGH);
  assert.equal(lookups, 70_001);
});

test("Symbolizer.stack leaves out the tracing machinery on top and nothing else", () => {
  const it = symbolizer();
  const kept = ["sk_skb_reason_drop+0x10", "tcp_v4_rcv+0x10", "ip_rcv+0x10"];
  const drop = ["sk_skb_reason_drop", "tcp_v4_rcv", "ip_rcv"];
  const cases: readonly (readonly string[])[] = [
    drop,
    ["__traceiter_kfree_skb", ...drop],
    [BPF_PROGRAM, "bpf_trace_run4", "__bpf_trace_kfree_skb", "__traceiter_kfree_skb", ...drop],
    ["bpf_get_stack_raw_tp", "bpf_trampoline_6442450944", ...drop],
    ["?", "bpf_trace_run4", "?", "__traceiter_kfree_skb", ...drop],
  ];
  for (const names of cases) assert.deepEqual(it.stack(words(...names)), kept, names.join());
  assert.deepEqual(
    it.stack(words("sk_skb_reason_drop", "tcf_classify", BPF_PROGRAM, "__traceiter_kfree_skb")),
    [
      "sk_skb_reason_drop+0x10",
      "tcf_classify+0x10",
      `${BPF_PROGRAM}+0x10 [bpf]`,
      "__traceiter_kfree_skb+0x10",
    ],
  );
  assert.deepEqual(it.stack(words("?", "tcp_v4_rcv")), ["0xffffffff00001234", "tcp_v4_rcv+0x10"]);
});

test("Symbolizer.stack takes as many frames as there are", () => {
  const it = symbolizer();
  const stack = words("tcp_v4_rcv", "ip_rcv", "veth_xmit");
  assert.deepEqual(it.stack(stack), ["tcp_v4_rcv+0x10", "ip_rcv+0x10", "veth_xmit+0x10 [veth]"]);
  assert.deepEqual(it.stack(stack.subarray(0, 4)), ["tcp_v4_rcv+0x10", "ip_rcv+0x10"]);
  assert.deepEqual(it.stack(stack.subarray(0, 0)), []);
});
