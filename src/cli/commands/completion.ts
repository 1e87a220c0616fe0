/** `tcpdrop completion`: words that bash completes, with the reasons of this kernel. */
import { KernelTypes } from "../../bpf/index.ts";
import { openKernelBtf } from "../../btf/index.ts";
import { kfreeSkbArguments } from "../../capture/kinds/drop/tracepoint-arguments.ts";
import { ReasonNames } from "../../enrich/reason-names.ts";
import { EXIT, TcpdropError } from "../../errors.ts";
import { SERVICES, wordsAfter } from "../../filter-language/index.ts";
import { INFERRED_REASONS, REASONS } from "../../reasons/index.ts";
import { DEMO_FLAGS, DOCTOR_FLAGS, type Flag, RECONCILE_FLAGS, TRACE_FLAGS } from "../flags.ts";
import { print } from "../print.ts";

/** `commands` are the names of all commands. */
export function runCompletion(commands: readonly string[]): number {
  print(bashScript(commands));
  return EXIT.done;
}

function bashScript(commands: readonly string[]): string {
  const reasons = kernelReasons();
  const words = wordsAfter(reasons, [...SERVICES.keys()]);
  const choices = TRACE_FLAGS.flatMap(({ flags: names, choices: known }) =>
    known === undefined ? [] : [branch(longName(names), known)],
  );
  const after = [...words].flatMap(([before, next]) => (before === "" ? [] : [branch(before, next)]));
  return `# tcpdrop: what bash completes. For this shell: eval "$(tcpdrop completion)"
_tcpdrop() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} words
  case \${COMP_WORDS[1]} in
${[...FLAGS_OF].map(([command, flags]) => `    ${command}) words="${namesOf(flags)}" ;;\n`).join("")}    *) words="${namesOf(TRACE_FLAGS)}" ;;
  esac
  [[ $current == -* ]] || case $before in
${[...after, ...choices].join("")}    explain) words="${REASONS.map(({ name }) => name).join(" ")}" ;;
    iface) words=$(ls /sys/class/net 2>/dev/null) ;;
    netns | --netns) words=$(ls /run/netns 2>/dev/null) ;;
    -F | --filter-file | --btf)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --count | --duration | --summary | --stacks | --buffer | --max-events | --sample | --filter | portrange | host | net | pid | comm | mark | location) return ;;
    *)
      words="${(words.get("") ?? []).join(" ")}"
      ((COMP_CWORD == 1)) && words="$words ${commands.join(" ")}"
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _tcpdrop tcpdrop
`;
}

const FLAGS_OF: ReadonlyMap<string, readonly Flag[]> = new Map([
  ["demo", DEMO_FLAGS],
  ["doctor", DOCTOR_FLAGS],
  ["reconcile", RECONCILE_FLAGS],
]);

function namesOf(flags: readonly Flag[]): string {
  return flags
    .flatMap(({ flags: names }) => names.split(/[ ,]+/).filter((name) => name.startsWith("-")))
    .join(" ");
}

function branch(before: string, words: readonly string[]): string {
  return `    ${before}) words="${words.join(" ")}" ;;\n`;
}

function longName(flags: string): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? flags;
}

/** Those that a location tells, where the kernel tells none, or cannot be asked. */
function kernelReasons(): readonly string[] {
  try {
    const types = new KernelTypes(openKernelBtf());
    if (kfreeSkbArguments(types).reason !== undefined)
      return [...new Set(ReasonNames.of(types.btf).all().values())];
  } catch (failure) {
    if (!(failure instanceof TcpdropError)) throw failure;
  }
  return INFERRED_REASONS.map(({ reason }) => reason);
}
