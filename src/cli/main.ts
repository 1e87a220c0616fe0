/** The command line: parses, runs one command, and turns what goes wrong into words and an exit code. */
import "./sigusr1.ts";
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { EXIT, FilterError, TcpdropError, UsageError } from "../errors.ts";
import type { CommandName, SettingKey } from "../settings/table.ts";
import { isSummaryText } from "../settings/values.ts";
import type { FoundTarget } from "../target/find-target.ts";
import { fromConfigFile } from "./config-file.ts";
import { DOC_PAGES } from "./doc-pages.ts";
import { endBudget } from "./end-of-run.ts";
import { demandReadable, filterOf, withoutSecrets } from "./filter-text.ts";
import { addFlags, fromFlags, HELP_FLAG, VERSION_FLAG } from "./flags.ts";
import { rememberBtf, shownError } from "./named-paths.ts";
import { parseError } from "./parse-errors.ts";
import { finishMessages, print, say } from "./print.ts";
import { fromEnvironment, type Given, type GivenSettings, readSettings, type Settings } from "./settings.ts";

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
    .configureOutput({
      writeOut: print,
      writeErr: say,
      // Said by report(), in the voice of all other errors.
      outputError: () => undefined,
    })
    .enablePositionalOptions()
    .addHelpText("after", `\n${ABOUT_PID}`)
    .hook("preSubcommand", refuseTraceFlags)
    .argument(
      "[filter...]",
      "which drops, as tcpdump takes it, like host 10.0.0.1 and port 443 (tcpdrop help filter)",
    )
    .action(async (operands: string[], _flags: unknown, command: Command) => {
      const { flags, words } = withoutWord(fromFlags(command, "trace"), operands);
      const settings = await settingsFrom("trace", flags);
      const target = await targetFrom(settings);
      const filter = filterOf(
        settings,
        words,
        program.commands.map((one) => one.name()),
        target?.filter,
      );
      if (settings.values["explain-filter"] === true) {
        const { runExplainFilter } = await import("./commands/explain-filter.ts");
        demandReadable();
        setExit(runExplainFilter(filter, settings.values));
        return;
      }
      if (settings.values.program === true)
        throw new UsageError("--program shows the code of a filter, and needs --explain-filter", {
          hint: "The whole program: tcpdrop doctor --program",
        });
      const { traceSettings } = await import("./trace-settings.ts");
      const { runTrace } = await import("./commands/trace.ts");
      using watch =
        target === undefined ? undefined : (await import("./target-watch.ts")).watchTarget(target);
      setExit(await runTrace(traceSettings(settings, filter, target), watch));
    });
  addFlags(program, "trace");
  addCommands(program, setExit);
  return program;
}

/** On the first screen of help: the column is bcc's, and everybody takes it for the owner. */
const ABOUT_PID =
  "PID in the table is the process on the CPU at the drop: often an unrelated one. With\n" +
  "--owners process the column OWNER says whose the segment was (tcpdrop help columns).";

function addCommands(program: Command, setExit: (code: number) => void): void {
  addFlags(program.command("demo"), "demo")
    .description("make real drops of many kinds in namespaces of its own, and show them")
    .action(async (_flags: unknown, command: Command) => {
      const settings = await settingsFrom("demo", fromFlags(command, "demo"));
      const { runDemo } = await import("./commands/demo.ts");
      setExit(await runDemo(settings));
    });
  addFlags(program.command("doctor"), "doctor")
    .description("what this kernel and these rights offer, and what is missing")
    .action(async (_flags: unknown, command: Command) => {
      const settings = await settingsFrom("doctor", fromFlags(command, "doctor"));
      const { runDoctor } = await import("./commands/doctor.ts");
      setExit(await runDoctor(settings));
    });
  addFlags(program.command("explain"), "explain")
    .description("what drop reasons mean, with their variants, and what to do; without a reason, the list")
    .argument("[reason...]", "names, or numbers of this kernel")
    .action(async (reasons: string[], _flags: unknown, command: Command) => {
      const settings = await settingsFrom("explain", fromFlags(command, "explain"));
      const { runExplain } = await import("./commands/explain.ts");
      setExit(runExplain(reasons, settings));
    });
  addFlags(program.command("reconcile"), "reconcile")
    .description("the kernel's own drop counters beside the drops that were seen: is every rise explained?")
    .action(async (_flags: unknown, command: Command) => {
      const settings = await settingsFrom("reconcile", fromFlags(command, "reconcile"));
      const { runReconcile } = await import("./commands/reconcile.ts");
      setExit(await runReconcile(settings));
    });
  program
    .command("completion")
    .description('what bash completes, as a script: eval "$(tcpdrop completion)"')
    .action(async () => {
      const { runCompletion } = await import("./commands/completion.ts");
      setExit(runCompletion(program.commands.map((command) => command.name())));
    });
  program
    .command("help")
    .description(
      `more about a command, or a topic: columns, ${Object.keys(DOC_PAGES).join(", ")}; works offline`,
    )
    .argument("[topic]")
    .action(async (topic: string | undefined) => {
      const command = program.commands.find((one) => one.name() === topic);
      if (topic === undefined || command !== undefined) {
        (command ?? program).outputHelp();
        return;
      }
      const { runHelp } = await import("./commands/help.ts");
      setExit(
        runHelp(
          topic,
          program.commands.map((one) => one.name()),
        ),
      );
    });
  program
    .command("version")
    .description("the same as --version")
    .action(() => print(`${version}\n`));
}

const COMMANDS = ["demo", "doctor", "explain", "reconcile", "completion", "help", "version"] as const;

/** From the flags, the environment, and the file of --config. */
async function settingsFrom<C extends CommandName>(command: C, flags: GivenSettings): Promise<Settings<C>> {
  const path = flags.get("config")?.texts.at(-1);
  const file = path === undefined ? new Map<SettingKey, Given>() : await fromConfigFile(path);
  const settings = readSettings(command, flags, fromEnvironment(process.env), file);
  rememberBtf(settings.given("btf"));
  return settings;
}

/** Loaded where it is asked for: a start without it does not wait for that. */
async function targetFrom(settings: Settings<"trace">): Promise<FoundTarget | undefined> {
  if (settings.values.for === undefined) return undefined;
  const { targetOf } = await import("./target-setting.ts");
  return await targetOf(settings);
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

/** What stands behind --summary and is none of its values begins the filter. */
function withoutWord(
  flags: GivenSettings,
  operands: readonly string[],
): { readonly flags: GivenSettings; readonly words: readonly string[] } {
  const summary = flags.get("summary");
  const [text = ""] = summary?.texts ?? [];
  if (summary === undefined || isSummaryText(text)) return { flags, words: operands };
  const bare: Given = { ...summary, texts: ["1s"], shown: summary.origin };
  return { flags: new Map([...flags, ["summary", bare]]), words: [text, ...operands] };
}

function report(failure: unknown): number {
  if (failure instanceof CommanderError) {
    if (failure.exitCode === 0) return EXIT.done;
    return report(
      parseError(
        failure,
        COMMANDS.find((name) => name === process.argv[2]),
      ),
    );
  }
  if (failure instanceof TcpdropError) {
    const { message, hint } = failure instanceof FilterError ? withoutSecrets(failure) : shownError(failure);
    say(`tcpdrop: ${message}\n${hint === undefined ? "" : `${hint}\n`}`);
    return failure.exitCode;
  }
  say(`tcpdrop: ${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}\n`);
  return EXIT.failed;
}

async function main(): Promise<void> {
  try {
    await build((code) => {
      process.exitCode = code;
    }).parseAsync();
  } catch (failure) {
    process.exitCode = report(failure);
  }
  await finishMessages(endBudget().leftMs("messages"));
}

// No await at the top: the bundle is CommonJS, which Node starts faster.
void main();
