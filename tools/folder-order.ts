/**
 * The order of folders and files in src/: a file imports only from its own folder and from those before it. A
 * new folder is one line here.
 */
export const FOLDER_ORDER: readonly string[] = [
  "error-codes.ts",
  "fault-excerpt.ts",
  "errors.ts",
  "model",
  "bytes",
  "sys",
  "btf",
  "bpf",
  "host",
  "ebpf",
  "ebpf.ts",
  "reasons",
  "reasons.ts",
  "reconcile",
  "reconcile.ts",
  "findings",
  "filter-language",
  "settings",
  "capture",
  "enrich",
  "filter",
  "listeners",
  "source",
  "stages",
  "run",
  "sinks",
  "target",
  "out",
  "trace.ts",
  "index.ts",
  "lab",
  "cli",
];

/** Code that only one folder may contain. */
export const CONFINED: readonly { readonly pattern: RegExp; readonly folder: string }[] = [
  { pattern: /"koffi"/, folder: "sys" },
  { pattern: /\bnew DataView\b/, folder: "bytes" },
];
