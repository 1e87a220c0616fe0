/**
 * Start-up: from exec to attached, beside `node -e 0` and, where it is installed, bpftrace printing the same columns and stack.
 *
 *     node dist/bench/start-up.js [RUNS]
 *
 * Needs root. bpftrace runs in a mount namespace of its own with tracefs in it, so that nothing is mounted for the machine.
 */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { performance } from "node:perf_hooks";

const runs = Number(process.argv[2] ?? 20);
const TCPDROP = [process.execPath, join(import.meta.dirname, "../bin/cli/main.cjs")];
/** tcpdrop's columns: time, pid, addresses, ports, state, reason, and the stack. */
const SCRIPT = `BEGIN { printf("Attached\\n"); }
tracepoint:skb:kfree_skb {
  $skb = (struct sk_buff *)args->skbaddr; $sk = $skb->sk;
  if ($sk != 0 && args->reason > 2) {
    $tcp = (struct tcphdr *)($skb->head + $skb->transport_header);
    time("%H:%M:%S "); printf("%-8d %s:%d > %s:%d %d (%d)\\n%s\\n", pid, ntop($sk->__sk_common.skc_rcv_saddr), bswap($tcp->source), ntop($sk->__sk_common.skc_daddr), bswap($tcp->dest), $sk->__sk_common.skc_state, args->reason, kstack);
  }
}`;

/** Milliseconds from exec until the words come, on stdout or stderr; the program is then ended. */
async function untilSaid(command: readonly string[], words: string): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(command[0] ?? "", command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const tookMs = await new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        said += String(chunk);
        if (said.includes(words)) resolve(performance.now() - startedMs);
      });
    }
    child.on("error", reject);
    child.on("exit", () => reject(new Error(`${command[0] ?? ""} ended: ${said}`)));
  });
  child.kill("SIGINT");
  await new Promise((resolve) => child.once("exit", resolve));
  return tookMs;
}

function untilDone(command: readonly string[]): number {
  const startedMs = performance.now();
  spawnSync(command[0] ?? "", command.slice(1));
  return performance.now() - startedMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const attached: number[] = [];
const bare: number[] = [];
const bpftrace: number[] = [];
const haveBpftrace = spawnSync("bpftrace", ["--version"]).status === 0;
const inTracefs = ["unshare", "-m", "sh", "-c", 'mount -t tracefs tracefs /sys/kernel/tracing && exec bpftrace -e "$0"', SCRIPT];
for (let run = 0; run < runs; run += 1) {
  attached.push(await untilSaid(TCPDROP, "Tracing"));
  bare.push(untilDone([process.execPath, "-e", "0"]));
  if (haveBpftrace) bpftrace.push(await untilSaid(inTracefs, "Attached"));
}
process.stdout.write(`exec to attached, median of ${runs}: tcpdrop ${median(attached).toFixed(0)} ms; node -e 0 ${median(bare).toFixed(0)} ms`);
process.stdout.write(
  haveBpftrace
    ? `; bpftrace ${median(bpftrace).toFixed(0)} ms, ${(median(bpftrace) / median(attached)).toFixed(1)} times ours\n`
    : "; bpftrace is not installed\n",
);
