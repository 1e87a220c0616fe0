/**
 * The order of what stands in src/: a file imports only from its own folder and from those before it. A new
 * folder, or a file beside them, is a line here.
 */
export const FOLDER_ORDER: readonly string[] = [
  "errors.ts",
  "event.ts",
  "bytes",
  "sys",
  "btf",
  "bpf",
  "host",
  "ebpf.ts",
  "reasons",
  "reasons.ts",
  "reconcile",
  "filter-language",
  "probe",
  "decode",
  "enrich",
  "filter",
  "pipeline",
  "source",
  "run",
  "sinks",
  "out",
  "trace.ts",
  "index.ts",
  "lab",
  "cli",
];

/** What the files of one folder alone may hold. */
export const CONFINED: readonly { readonly pattern: RegExp; readonly folder: string }[] = [
  { pattern: /"koffi"/, folder: "sys" },
  { pattern: /\bnew DataView\b/, folder: "bytes" },
];
