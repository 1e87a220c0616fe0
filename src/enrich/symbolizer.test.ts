import assert from "node:assert/strict";
import { test } from "node:test";
import { Kallsyms, type KernelSymbol } from "../host/kallsyms.ts";
import { steps } from "../host/steps.test.kit.ts";
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
  return new Symbolizer(() => steps({ symbols: new Kallsyms(Buffer.from(FILE)), problem: undefined }));
}

/** A stack with every return address 0x10 into its function; "?" is an address that nobody knows. */
const words = (...names: string[]): Uint32Array =>
  Uint32Array.from(names.flatMap((name) => (name === "?" ? [0x1234, HIGH] : [low(name) + 0x10, HIGH])));

test("Symbolizer opens symbols at the first question, once", () => {
  let opened = 0;
  const lazy = new Symbolizer(() => {
    opened += 1;
    return steps({ symbols: undefined, problem: "hidden" });
  });
  assert.equal(lazy.problem, undefined);
  assert.equal(opened, 0);
  assert.equal(lazy.frame(0x8100_0010, HIGH), "0xffffffff81000010");
  assert.deepEqual(lazy.stack(Uint32Array.of(1, 2)), ["0x0000000200000001"]);
  assert.equal(lazy.symbol(0x8100_0010, HIGH), undefined);
  assert.equal(lazy.addressOf("tcp_v4_rcv"), undefined);
  assert.equal(lazy.problem, "hidden");
  assert.equal(opened, 1);
});

test("Symbolizer.prepare reads in slices, and a question meanwhile finishes the same reading", {
  timeout: 20_000,
}, async () => {
  let opened = 0;
  let nowMs = 0;
  // Each look at the clock is a millisecond.
  const it = new Symbolizer(
    () => {
      opened += 1;
      return steps({ symbols: undefined, problem: "hidden" }, 50);
    },
    () => nowMs++,
  );
  it.prepare();
  assert.equal(opened, 0, "not in the same turn");
  while (it.problem === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.ok(nowMs > 50, "a step, a look at the clock");
  assert.equal(opened, 1);

  it.frame(1, HIGH);
  assert.equal(opened, 1);
  const asked = new Symbolizer(() => {
    opened += 1;
    return steps({ symbols: undefined, problem: "hidden" }, 1_000_000);
  });
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
    () => {
      opened += 1;
      return steps({ symbols: new Kallsyms(Buffer.from(file)), problem: undefined });
    },
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

test("Symbolizer.frame shows symbol, offset and module", () => {
  const { frame } = { frame: (name: string) => symbolizer().frame(low(name) + 0x1e, HIGH) };
  assert.equal(frame("tcp_v4_rcv"), "tcp_v4_rcv+0x1e");
  assert.equal(frame("veth_xmit"), "veth_xmit+0x1e [veth]");
  assert.equal(frame(BPF_PROGRAM), `${BPF_PROGRAM}+0x1e [bpf]`);
  assert.equal(symbolizer().frame(0x10, 0), "0x0000000000000010");
  assert.equal(symbolizer().symbol(low("ip_rcv") + 1, HIGH), "ip_rcv");
  assert.equal(symbolizer().addressOf("ip_rcv"), (0xffff_ffffn << 32n) | BigInt(low("ip_rcv")));
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
  const it = new Symbolizer(() => steps({ symbols: new Counted(Buffer.from(FILE)), problem: undefined }));
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
