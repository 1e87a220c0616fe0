/** The command line: parses, runs one command, and turns what goes wrong into words and an exit code. */
import "./sigusr1.ts";
import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { EXIT, FilterError, TcpdropError, UsageError } from "../errors.ts";
import type { TraceFlags } from "./commands/trace.ts";
import { endedBySignal } from "./end-of-run.ts";
import { demandReadable, filterOf, withoutSecrets } from "./filter-text.ts";
import {
  DEMO_FLAGS,
  DOCTOR_FLAGS,
  type Flag,
  HELP_FLAG,
  RECONCILE_FLAGS,
  TRACE_FLAGS,
  VERSION_FLAG,
} from "./flags.ts";
import { finishMessages, print, say } from "./print.ts";

const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

function build(setExit: (code: number) => void): Command {
  const program = new Command("tcpdrop")
    .description(
      "Trace TCP drops by the kernel: when, where, why, on which connection, and what to do about it",
    )
    .version(version, VERSION_FLAG.flags, VERSION_FLAG.doc)
    .helpOption(HELP_FLAG.flags, HELP_FLAG.doc)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: say })
    .enablePositionalOptions()
    .showHelpAfterError("(tcpdrop --help shows the options)")
    .hook("preSubcommand", refuseTraceFlags)
    .argument(
      "[filter...]",
      "which drops, as tcpdump takes it, like host 10.0.0.1 and port 443 (docs/filters.md)",
    )
    .action(async (operands: string[], given: TraceFlags) => {
      const { runTrace, traceSettings } = await import("./commands/trace.ts");
      const { flags, words } = withoutWord(given, operands);
      const filter = filterOf(
        flags,
        words,
        program.commands.map((command) => command.name()),
      );
      if (flags.explainFilter === true) {
        const { runExplainFilter } = await import("./commands/explain-filter.ts");
        demandReadable();
        setExit(runExplainFilter(filter, flags.btf));
      } else setExit(await runTrace(traceSettings(flags, filter)));
    });
  addFlags(program, TRACE_FLAGS);
  addFlags(program.command("demo"), DEMO_FLAGS)
    .description("make real drops of many kinds in namespaces of its own, and show them")
    .action(async (flags) => {
      const { runDemo } = await import("./commands/demo.ts");
      setExit(await runDemo(flags));
    });
  addFlags(program.command("doctor"), DOCTOR_FLAGS)
    .description("what this kernel and these rights offer, and what is missing")
    .action(async (flags) => {
      const { runDoctor } = await import("./commands/doctor.ts");
      setExit(runDoctor(flags));
    });
  program
    .command("explain")
    .description("what a drop reason means, and what to do; without a reason, the list")
    .argument("[reason]")
    .action(async (reason) => {
      const { runExplain } = await import("./commands/explain.ts");
      setExit(runExplain(reason));
    });
  addFlags(program.command("reconcile"), RECONCILE_FLAGS)
    .description("the kernel's own drop counters beside the drops that were seen: is every rise explained?")
    .action(async (flags) => {
      const { runReconcile } = await import("./commands/reconcile.ts");
      setExit(await runReconcile(flags));
    });
  program
    .command("completion")
    .description('what bash completes, as a script: eval "$(tcpdrop completion)"')
    .action(async () => {
      const { runCompletion } = await import("./commands/completion.ts");
      setExit(runCompletion(program.commands.map((command) => command.name())));
    });
  return program;
}

function addFlags(command: Command, table: readonly Flag[]): Command {
  for (const { flags, doc, choices, fallback, repeats } of table) {
    const option = new Option(flags, doc);
    if (repeats === true)
      option.argParser<readonly string[]>((value, before: readonly string[] | undefined) => [
        ...(before ?? []),
        value,
      ]);
    if (choices !== undefined) option.choices([...choices]);
    if (fallback !== undefined) option.default(fallback);
    command.addOption(option);
  }
  return command;
}

/** Options before a command's name are those of a trace: they would be taken, and do nothing. */
function refuseTraceFlags(program: Command, command: Command): void {
  const given = program.options.filter(
    (option) => program.getOptionValueSource(option.attributeName()) === "cli",
  );
  if (given.length === 0) return;
  const names = given.map((option) => option.long ?? option.flags).join(" and ");
  throw new UsageError(`${names} before ${command.name()} would do nothing: tracing alone takes it there`, {
    hint: `Options of a command follow its name: tcpdrop ${command.name()} --help`,
  });
}

/** What stands behind --summary and is no time begins the filter. */
function withoutWord(
  given: TraceFlags,
  operands: readonly string[],
): { readonly flags: TraceFlags; readonly words: readonly string[] } {
  const { summary } = given;
  if (typeof summary !== "string" || /^\d/.test(summary)) return { flags: given, words: operands };
  return { flags: { ...given, summary: true }, words: [summary, ...operands] };
}

/** commander's own words are out already; ours are said here. */
function report(failure: unknown): number {
  if (failure instanceof CommanderError) return failure.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (failure instanceof TcpdropError) {
    const { message, hint, exitCode } = failure instanceof FilterError ? withoutSecrets(failure) : failure;
    say(`tcpdrop: ${message}\n${hint === undefined ? "" : `${hint}\n`}`);
    return exitCode;
  }
  say(`tcpdrop: ${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}\n`);
  return EXIT.failed;
}

/** How long a stalled reader of stderr is waited for at the end: after a signal, 500 ms are promised in all. */
const FINISH_MS = { signal: 100, itself: 1000 };

async function main(): Promise<void> {
  try {
    await build((code) => {
      process.exitCode = code;
    }).parseAsync();
  } catch (failure) {
    process.exitCode = report(failure);
  }
  await finishMessages(endedBySignal() ? FINISH_MS.signal : FINISH_MS.itself);
}

// No await at the top: the bundle is CommonJS, which Node starts faster.
void main();
