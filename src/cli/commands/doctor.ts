/**
 * `tcpdrop doctor`: what this kernel and the user's rights allow, what is missing, and how to get it. The
 * exit code says the same.
 */

import { release } from "node:os";
import { type Answer, haveMap, haveTracing } from "../../bpf/features.ts";
import { KernelTypes, listing } from "../../bpf/index.ts";
import { type Btf, findEnum, openBtfOfFile, openKernelBtf } from "../../btf/index.ts";
import { ringMap } from "../../capture/core/ring-map.ts";
import { blindSpots } from "../../capture/kinds/drop/blind-spots.ts";
import { dropDesign } from "../../capture/kinds/drop/drop-program.ts";
import { PLAIN_REQUEST } from "../../capture/kinds/drop/request.ts";
import { kfreeSkbArguments } from "../../capture/kinds/drop/tracepoint-arguments.ts";
import { EXIT, TcpdropError, UsageError } from "../../errors.ts";
import { ADVICE_TOOLS, missingTools } from "../../host/advice-tools.ts";
import { readRights } from "../../host/capabilities.ts";
import { openKallsyms } from "../../host/symbol-reader.ts";
import { missingToTrace, obstacleTo } from "../../host/trace-rights.ts";
import { DEFAULT_BUFFER_BYTES } from "../../settings/request.ts";
import { openLive } from "../../source/open-live.ts";
import { libcSyscalls } from "../../sys/libc.ts";
import { BPF_MAP_TYPE_RINGBUF } from "../../sys/uapi.gen.ts";
import { shownError } from "../named-paths.ts";
import { print } from "../print.ts";
import type { Settings } from "../settings.ts";
import { printRights } from "./doctor-rights.ts";
import { doctorRunOf, runDoctorTrace } from "./doctor-run.ts";

const MARK = { present: "yes", absent: "no", unknown: "?" } as const;

export async function runDoctor(settings: Settings<"doctor">): Promise<number> {
  const { program, rights, btf } = settings.values;
  const run = doctorRunOf(settings);
  if (run !== undefined) return runDoctorTrace(run);
  if (settings.values.json === true)
    throw new UsageError("--json without --seconds: only the report has a form in JSON", {
      hint: "Example: tcpdrop doctor --seconds 30 --json",
    });
  if (rights === true) return printRights();
  return program === true ? printProgram(btf) : examineAll(btf);
}

/**
 * Prints the program as it would be loaded without options, for this kernel or for that of the file. Needs no
 * rights.
 */
function printProgram(btf: string | undefined): number {
  const types = new KernelTypes(openKernelBtf(btf));
  print(listing(dropDesign(types, PLAIN_REQUEST, ringMap(DEFAULT_BUFFER_BYTES)).program("direct")));
  return EXIT.done;
}

function openTypes(file: string | undefined): Btf {
  try {
    return file === undefined ? openKernelBtf() : openBtfOfFile(file);
  } catch (failure) {
    if (failure instanceof TcpdropError) line("BTF", "absent", shownError(failure).message);
    throw failure;
  }
}

function examine(file: string | undefined): number {
  line("kernel", "present", release());
  const rights = readRights();
  const missing = missingToTrace(rights);
  line(
    "rights to trace",
    missing.length === 0 ? "present" : "absent",
    missing.length === 0
      ? "CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN"
      : `missing ${missing.join(", ")}: run as root, or grant them`,
  );
  const obstacle = obstacleTo(rights);
  if (obstacle !== undefined) line("restrictions", "unknown", obstacle.what);
  const btf = openTypes(file);
  line("BTF", "present", `${btf.typeCount} types`);
  const types = new KernelTypes(btf);
  const { reason, rxSk } = kfreeSkbArguments(types);
  line(
    "drop reasons",
    reason === undefined ? "absent" : "present",
    reason === undefined
      ? "before Linux 5.17: drops have locations only"
      : `${findEnum(btf, "skb_drop_reason")?.size ?? 0} names in this kernel's BTF`,
  );
  for (const blindSpot of blindSpots(types)) line("not seen", "absent", blindSpot);
  line(
    "receiving socket (rx_sk)",
    rxSk === undefined ? "absent" : "present",
    rxSk === undefined
      ? "before Linux 6.11: state and socket are unknown for most receive drops"
      : "gives state and socket of receive drops",
  );
  const kallsyms = openKallsyms();
  line(
    "function names",
    kallsyms.symbols === undefined ? "absent" : "present",
    kallsyms.problem ?? `${kallsyms.symbols?.size ?? 0} functions`,
  );
  answer(
    "ring buffer",
    haveMap(libcSyscalls, BPF_MAP_TYPE_RINGBUF, { keySize: 0, valueSize: 0, maxEntries: 1 << 16 }),
    "Linux 5.8",
  );
  answer("tp_btf/kfree_skb", haveTracing(libcSyscalls, btf, "tp_btf", "kfree_skb"), "required");
  answer(
    "fentry",
    haveTracing(libcSyscalls, btf, "fentry", "tcp_conn_request"),
    "to report refused SYNs one by one",
  );
  answer(
    "iter/tcp",
    haveTracing(libcSyscalls, btf, "iter", "tcp"),
    "to count refused SYNs where functions cannot be probed",
  );
  return attachOnce(missing.length > 0, file);
}

/** Beside what a trace needs: what its reader needs, and what it costs. */
function examineAll(file: string | undefined): number {
  const code = examine(file);
  lineOfTools();
  line(
    "what it costs",
    "present",
    "about 0.3 us of CPU a drop, 3 us with its stack, under 0.2 % of a CPU where nothing drops; about 110 MB of " +
      "memory (tcpdrop help performance)",
  );
  return code;
}

/** They are for people: a trace needs none of them. */
function lineOfTools(): void {
  const missing = missingTools();
  const names = missing.map((tool) => `${tool.name} (package ${tool.package})`);
  line(
    "tools that advice names",
    missing.length === 0 ? "present" : "absent",
    missing.length === 0
      ? `${ADVICE_TOOLS.map(({ name }) => name).join(", ")}`
      : `missing ${names.join(", ")}: tracing does not need them, following the advice does`,
  );
}

/** The proof: a trace that starts and ends. */
function attachOnce(rightsMissing: boolean, btf: string | undefined): number {
  try {
    const { source } = openLive({ btf, bufferBytes: 1 << 16 });
    try {
      const { verifiedInstructions, headerAccess, refusedHow: how } = source.facts;
      const verified = verifiedInstructions === 0 ? "" : `${verifiedInstructions} instructions verified, `;
      line("attach", "present", `the program loads (${verified}${headerAccess} header loads) and attaches`);
      const { refusedProblem: problem } = source.facts;
      line(
        "refused SYNs",
        how === undefined ? "absent" : problem === undefined ? "present" : "unknown",
        problem ?? how ?? "",
      );
    } finally {
      source[Symbol.dispose]();
    }
    return EXIT.done;
  } catch (failure) {
    if (!(failure instanceof TcpdropError)) throw failure;
    line("attach", "absent", shownError(failure).message);
    return rightsMissing ? EXIT.notPermitted : failure.exitCode;
  }
}

function answer(what: string, result: Answer, remark: string): void {
  line(what, result.kind, result.kind === "present" ? remark : `${result.why} (${remark})`);
}

function line(what: string, mark: keyof typeof MARK, remark: string): void {
  print(`${MARK[mark].padEnd(4)}${what.padEnd(26)}${remark}\n`);
}
