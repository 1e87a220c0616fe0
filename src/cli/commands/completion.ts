/** `tcpdrop completion`: a script for bash completion, with the reasons of this kernel. */
import { KernelTypes } from "../../bpf/index.ts";
import { openKernelBtf } from "../../btf/index.ts";
import { kfreeSkbArguments } from "../../capture/kinds/drop/tracepoint-arguments.ts";
import { ReasonNames } from "../../enrich/reason-names.ts";
import { EXIT, TcpdropError } from "../../errors.ts";
import { SERVICES, wordsAfter } from "../../filter-language/index.ts";
import { COLUMN_NAMES } from "../../model/fields/index.ts";
import { INFERRED_REASONS, REASONS } from "../../reasons/index.ts";
import type { CommandName } from "../../settings/table.ts";
import { type Flag, flagsOf, HELP_FLAG, VERSION_FLAG } from "../flags.ts";
import { print } from "../print.ts";
import { HELP_TOPICS } from "./help.ts";

/** `commands` are the names of all commands. */
export function runCompletion(commands: readonly string[]): number {
  print(bashScript(commands));
  return EXIT.done;
}

/**
 * Whoever may create interfaces or namespaces chooses their names, and the shell is root's. So no word is
 * ever expanded (as compgen -W would do), and suggestions are quoted, because the shell reads them as typed.
 */
function bashScript(commands: readonly string[]): string {
  const reasons = kernelReasons();
  const words = wordsAfter(reasons, [...SERVICES.keys()]);
  const values = flagsOf("trace").flatMap(({ flags: names, words: known }) =>
    known === undefined ? [] : [branch(longName(names), known)],
  );
  const ofTrace = branch("*", namesOf([...flagsOf("trace"), VERSION_FLAG, HELP_FLAG]));
  const after = [...words].flatMap(([before, next]) => (before === "" ? [] : [branch(before, next)]));
  return `# Bash completion of tcpdrop. For this shell: eval "$(tcpdrop completion)"
_tcpdrop() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} word quoted
  local -a words
  case \${COMP_WORDS[1]} in
${COMMANDS.map((command) => branch(command, namesOf([...flagsOf(command), HELP_FLAG]))).join("")}${ofTrace}  esac
  [[ $current == -* ]] || case $before in
${[...after, ...values].join("")}${branch(
  "explain",
  REASONS.map(({ name }) => name),
)}    iface | -i | --interface) mapfile -t words < <(compgen -G '/sys/class/net/*') ;;
    netns | --netns) mapfile -t words < <(compgen -G '/run/netns/*') ;;
    --for) mapfile -t words < <(compgen -G '/sys/fs/cgroup/system.slice/*.service'; compgen -G '/sys/fs/cgroup/*/system.slice/*.service') ;;
    --columns)
      words=(${list(COLUMN_NAMES)})
      words=("\${words[@]/#/"\${current%"\${current##*,}"}"}")
      compopt -o nospace 2>/dev/null
      ;;
    help) words=(${list([...HELP_TOPICS, ...commands])}) ;;
    -F | --filter-file | --btf | --config | -w | --write)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    -c | --count | --netns-id | --pid-netns | --duration | --summary | --buffer | --max-events | --sample | --filter | portrange | host | net | pid | comm | mark | location) return ;;
    *)
      words=(${list(words.get("") ?? [])})
      ((COMP_CWORD == 1)) && words+=(${list(commands)})
      ;;
  esac
  COMPREPLY=()
  for word in "\${words[@]##*/}"; do
    printf -v quoted %q "$word"
    # Reasons, states and flags may be typed in small letters.
    [[ \${word,,} == "\${current,,}"* || $quoted == "$current"* ]] && COMPREPLY+=("$quoted")
  done
}
complete -F _tcpdrop tcpdrop
`;
}

const COMMANDS: readonly CommandName[] = ["demo", "doctor", "reconcile", "explain"];

function namesOf(flags: readonly Flag[]): readonly string[] {
  return flags.flatMap(({ flags: names }) => names.split(/[ ,]+/).filter((name) => name.startsWith("-")));
}

function branch(before: string, words: readonly string[]): string {
  return `    ${before}) words=(${list(words)}) ;;\n`;
}

/** Words for the shell, in single quotes unless they are plain. */
function list(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w.-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}

function longName(flags: string): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? flags;
}

/** The reasons of this kernel; if it gives none or cannot be read, those that locations imply. */
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
