/**
 * What the stack budget (stacks per second, site and CPU) costs: in a steady storm, and on a busy CPU that
 * loses some hundred segments a second.
 */
import { enableRunStatistics, programInfoById } from "../../src/bpf/index.ts";
import { DEFAULT_STACKS_PER_SECOND } from "../../src/settings/request.ts";
import { libcSyscalls as sys } from "../../src/sys/libc.ts";
import { Iperf } from "../iperf.ts";
import { Lab } from "../lab.ts";
import { OneCpu } from "../one-cpu.ts";
import { OurTool } from "../our-tool.ts";
import { type Findings, markdownTable, type Part } from "../part.ts";
import { programsOf } from "../process.ts";
import { formatNumber, inTurns, median } from "../statistics.ts";
import { pause } from "../tool-process.ts";

const POLICIES = ["none", "100", "1000", "10000", "all"] as const;
const PER_SECOND = 50_000;
const SECONDS = 5;
const SECONDS_OF_A_TRY = 1;

/** At some 400 drops a second. */
const BUSY_POLICIES = ["none", "100", "all"] as const;
const BUSY_CONNECTIONS = 16;
const BUSY_DROP_PERCENT = 1;
const BUSY_SECONDS = 10;
/** Until V8 has compiled the hot code. */
const BUSY_WARM_UP_MS = 12_000;

interface Measured {
  readonly dropsPerSecond: number;
  readonly kernelPercent: number;
  readonly toolPercent: number;
}

export const stacks: Part = {
  name: "stacks",
  title: "What the stack budget costs",
  async run({ quick, rounds, progress }) {
    using lab = new Lab();
    const storm = await inTurns(rounds, POLICIES, (policy, round) => {
      progress(`stacks: round ${round + 1}, a storm, ${policy}`);
      return inStorm(lab, policy, quick ? SECONDS_OF_A_TRY : SECONDS);
    });
    using _cpu = new OneCpu();
    await using iperf = await Iperf.listen(lab);
    const busy = await inTurns(rounds, BUSY_POLICIES, (policy, round) => {
      progress(`stacks: round ${round + 1}, a busy CPU, ${policy}`);
      return iperf.whileSending(BUSY_CONNECTIONS, BUSY_DROP_PERCENT, () =>
        onBusyCpu(lab, policy, quick ? SECONDS_OF_A_TRY : BUSY_SECONDS),
      );
    });
    return findings(storm, busy);
  },
};

async function inStorm(lab: Lab, policy: string, seconds: number): Promise<Measured> {
  await using tool = await OurTool.start(lab.netns, ["--stacks", policy]);
  await tool.idle();
  return await measured(tool, async () => {
    const { tookMs } = await lab.flood(PER_SECOND * seconds, { perSecond: PER_SECOND });
    await tool.idle();
    return tookMs;
  });
}

async function onBusyCpu(lab: Lab, policy: string, seconds: number): Promise<Measured> {
  await using tool = await OurTool.start(lab.netns, ["--stacks", policy]);
  await pause(BUSY_WARM_UP_MS);
  return await measured(tool, async () => {
    const beganMs = performance.now();
    await pause(seconds * 1000);
    return performance.now() - beganMs;
  });
}

/**
 * CPU shares of the kernel program and of the process meanwhile; `meanwhile` returns how long the drops
 * lasted, in ms.
 */
async function measured(tool: OurTool, meanwhile: () => Promise<number>): Promise<Measured> {
  const [id = 0] = programsOf(tool.pid);
  using _statistics = enableRunStatistics(sys);
  const [ranBefore, usedBefore] = [programInfoById(sys, id), tool.usage()];
  const tookMs = await meanwhile();
  const [ran, used] = [programInfoById(sys, id), tool.usage()];
  return {
    dropsPerSecond: (1000 * Number(ran.runCount - ranBefore.runCount)) / tookMs,
    kernelPercent: (100 * Number(ran.runTimeNs - ranBefore.runTimeNs)) / 1e6 / tookMs,
    toolPercent: (100 * 1000 * (used.cpuS - usedBefore.cpuS)) / tookMs,
  };
}

type Results = ReadonlyMap<string, readonly Measured[]>;

function findings(storm: Results, busy: Results): Findings {
  const drops = [...busy.values()].flat().map(({ dropsPerSecond }) => dropsPerSecond);
  return {
    lines: [
      `CPU shares of the kernel program and of the process; table, discarded. ${formatNumber(PER_SECOND)}`,
      "drops a second at one site:",
      "",
      ...tableOf(storm),
      "",
      `${formatNumber(median(drops))} drops a second (median) on one CPU, busy with the tool and the`,
      `${BUSY_CONNECTIONS} iperf3 connections that lose them; once V8 has compiled the hot code:`,
      "",
      ...tableOf(busy),
    ],
    checks: [],
  };
}

function tableOf(results: Results): readonly string[] {
  const rows = [...results].map(([policy, ofIt]) => [
    `\`--stacks ${policy}\`${policy === String(DEFAULT_STACKS_PER_SECOND) ? " (`auto`)" : ""}`,
    ...(["kernelPercent", "toolPercent"] as const).map(
      (key) => `${formatNumber(median(ofIt.map((one) => one[key])), 2)} %`,
    ),
  ]);
  return markdownTable(["", "kernel", "process"], rows);
}
