/** `-w FILE`: a file beside the rows on stdout, in the format that its suffix says. */
import { UsageError } from "../errors.ts";
import { createSink } from "../sinks/registry.ts";
import { Scope } from "../sys/scope.ts";
import { identityOfOpen, type OutputFile, openOutputFile, quoted } from "./file.ts";
import { Output } from "./output.ts";
import { RowSink, type RowSinkOptions } from "./row-sink.ts";

export interface WriteTarget {
  readonly path: string;
  /** For messages, and for the summary. */
  readonly name: string;
}

interface FileFormat {
  readonly suffix: string;
  /** The name of its sink. */
  readonly format: string;
  /** For the help. */
  readonly doc: string;
}

const FILE_FORMATS: readonly FileFormat[] = [
  { suffix: ".ndjson", format: "json", doc: "one JSON object on each line" },
];

/** The format of a file's name. A UsageError says which suffixes are known. */
export function fileFormatOf({ path, name }: WriteTarget): FileFormat {
  const format = FILE_FORMATS.find(({ suffix }) => path.endsWith(suffix) && path.length > suffix.length);
  if (format !== undefined) return format;
  const known = FILE_FORMATS.map(({ suffix, doc }) => `${suffix} (${doc})`).join(", ");
  throw new UsageError(`-w ${quoted(name)}: the suffix says no format`, {
    hint: `Known suffixes: ${known}`,
  });
}

interface FileOptions {
  readonly all: boolean;
  /** Descriptors that are written to as well, by name. */
  readonly beside?: Readonly<Record<string, number>>;
}

/** A recording that is there is replaced when the trace is attached, not before. */
class FileSink extends RowSink {
  readonly #file: OutputFile;

  constructor(file: OutputFile, options: RowSinkOptions) {
    super(options);
    this.#file = file;
  }

  override open(): void {
    this.#file.empty();
    super.open();
  }
}

/** The sinks of some files, opened together. */
export class FileSinks implements Disposable {
  readonly sinks: readonly RowSink[];
  readonly #scope = new Scope();

  /**
   * A UsageError where two of the paths lead to one file, or one to the file behind a descriptor of `beside`:
   * two writers would overwrite each other's lines. What was in the files stays until their sinks are opened.
   */
  constructor(targets: readonly WriteTarget[], options: FileOptions) {
    try {
      const identities = new Map<string, string>();
      for (const [name, fd] of Object.entries(options.beside ?? {})) {
        const identity = identityOfOpen(fd);
        if (identity !== undefined) identities.set(identity, name);
      }
      this.sinks = targets.map((target) => {
        const { format } = fileFormatOf(target);
        const { path, name } = target;
        const file = this.#scope.own(openOutputFile(path, name));
        const other = identities.get(file.identity);
        if (other !== undefined)
          throw new UsageError(`-w ${quoted(name)} and ${other} are the same file`, {
            hint: "Each would overwrite what the other writes: name another file.",
          });
        identities.set(file.identity, quoted(name));
        return rowsInto(name, file, format, options.all);
      });
    } catch (failure) {
      this.#scope[Symbol.dispose]();
      throw failure;
    }
  }

  /** Their files are closed; whoever disposes of the sinks closes them too. */
  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

/** Writing to a regular file does not block for long. */
function rowsInto(name: string, file: OutputFile, format: string, all: boolean): RowSink {
  return new FileSink(file, {
    name,
    pace: "blocking",
    formatter: createSink(format, { stack: true, all, colour: false, columns: undefined }),
    output: new Output({ fd: file.fd, pollWritable: () => true }),
    owns: file,
  });
}
