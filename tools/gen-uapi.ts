/**
 * Writes src/sys/uapi.gen.ts from the running kernel's BTF. `--check` compares instead: a newer kernel may know more than the
 * file, but nothing in the file may differ from it.
 *
 *     node dist/tools/gen-uapi.js [--check]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { type Btf, findEnum, findMember, isSigned, members, openKernelBtf, resolve, sizeOf } from "../src/btf/index.ts";
import { UnsupportedError } from "../src/errors.ts";

const OUTPUT = "src/sys/uapi.gen.ts";

/** Enums taken whole: the enum's name in BTF. Anonymous enums are found by a constant that they hold. */
const ENUMS = ["bpf_cmd", "bpf_map_type", "bpf_prog_type", "bpf_attach_type", "bpf_stats_type", "bpf_link_type"];
/** Constants of other enums, one by one. */
const CONSTANTS: readonly (readonly [enumName: string, names: readonly string[]])[] = [
  [
    "bpf_func_id",
    [
      "map_lookup_elem",
      "map_update_elem",
      "map_delete_elem",
      "ktime_get_ns",
      "get_smp_processor_id",
      "get_current_pid_tgid",
      "get_current_comm",
      "get_stack",
      "probe_read_kernel",
      "ringbuf_output",
      "ringbuf_query",
      "seq_write",
      "get_current_task",
    ].map((name) => `BPF_FUNC_${name}`),
  ],
];

/** Layouts: our name, the BTF type, and our field names with their paths in it. */
const LAYOUTS: readonly { readonly name: string; readonly type: string; readonly of: string; readonly fields: Readonly<Record<string, string>> }[] = [
  attr("MapCreate", {
    mapType: "map_type",
    keySize: "key_size",
    valueSize: "value_size",
    maxEntries: "max_entries",
    mapFlags: "map_flags",
    mapName: "map_name",
  }),
  attr("MapElement", { mapFd: "map_fd", key: "key", value: "value", flags: "flags" }),
  attr("ProgLoad", {
    progType: "prog_type",
    insnCnt: "insn_cnt",
    insns: "insns",
    license: "license",
    logLevel: "log_level",
    logSize: "log_size",
    logBuf: "log_buf",
    progFlags: "prog_flags",
    progName: "prog_name",
    expectedAttachType: "expected_attach_type",
    attachBtfId: "attach_btf_id",
    attachBtfObjFd: "attach_btf_obj_fd",
  }),
  attr("RawTracepointOpen", { name: "raw_tracepoint.name", progFd: "raw_tracepoint.prog_fd" }),
  attr("LinkCreate", {
    progFd: "link_create.prog_fd",
    targetFd: "link_create.target_fd",
    attachType: "link_create.attach_type",
    flags: "link_create.flags",
    iterInfo: "link_create.iter_info",
    iterInfoLen: "link_create.iter_info_len",
  }),
  attr("IterCreate", { linkFd: "iter_create.link_fd", flags: "iter_create.flags" }),
  attr("ObjectInfo", { bpfFd: "info.bpf_fd", infoLen: "info.info_len", info: "info.info" }),
  attr("ObjectId", { id: "prog_id", nextId: "next_id", openFlags: "open_flags" }),
  attr("EnableStats", { type: "enable_stats.type" }),
  attr("TestRun", {
    progFd: "test.prog_fd",
    retval: "test.retval",
    dataSizeIn: "test.data_size_in",
    dataSizeOut: "test.data_size_out",
    dataIn: "test.data_in",
    dataOut: "test.data_out",
    repeat: "test.repeat",
    duration: "test.duration",
    ctxSizeIn: "test.ctx_size_in",
    ctxSizeOut: "test.ctx_size_out",
    ctxIn: "test.ctx_in",
    ctxOut: "test.ctx_out",
    flags: "test.flags",
    cpu: "test.cpu",
    batchSize: "test.batch_size",
  }),
  {
    name: "bpfProgInfo",
    type: "struct",
    of: "bpf_prog_info",
    fields: {
      type: "type",
      id: "id",
      name: "name",
      jitedProgLen: "jited_prog_len",
      xlatedProgLen: "xlated_prog_len",
      nrMapIds: "nr_map_ids",
      runTimeNs: "run_time_ns",
      runCnt: "run_cnt",
      recursionMisses: "recursion_misses",
      verifiedInsns: "verified_insns",
    },
  },
  { name: "bpfRingbufHdr", type: "struct", of: "bpf_ringbuf_hdr", fields: { len: "len", pgOff: "pg_off" } },
];

function attr(name: string, fields: Readonly<Record<string, string>>) {
  return { name: `bpfAttr${name}`, type: "union", of: "bpf_attr", fields };
}

/** Every constant of the file, by name. */
function constants(btf: Btf): Map<string, number> {
  const all = new Map<string, number>();
  for (const name of ENUMS) for (const [key, value] of enumNamed(btf, name)) if (!key.startsWith("__")) all.set(key, value);
  for (const [name, wanted] of CONSTANTS) {
    const values = enumNamed(btf, name);
    for (const key of wanted) {
      const value = values.get(key);
      if (value === undefined) throw new UnsupportedError(`The kernel's enum ${name} has no ${key}`, key);
      all.set(key, value);
    }
  }
  return all;
}

function enumNamed(btf: Btf, name: string): ReadonlyMap<string, number> {
  const values = findEnum(btf, name);
  if (values === undefined) throw new UnsupportedError(`The kernel's BTF has no enum ${name}`, name);
  return values;
}

/** `name: u32(12)` for each field, and the size up to the last of them. */
function layout(btf: Btf, { name, of, type, fields }: (typeof LAYOUTS)[number]): string {
  const root = btf.find(of, type as "struct" | "union");
  if (root === undefined) throw new UnsupportedError(`The kernel's BTF has no ${type} ${of}`, of);
  let end = 0;
  const lines = Object.entries(fields).map(([field, path]) => {
    const { offset, size, signed } = locate(btf, root.id, path);
    end = Math.max(end, offset + size);
    const scalar = size === 1 || size === 2 || size === 4 || size === 8;
    return `  ${field}: ${scalar ? `${signed && size < 8 ? "i" : "u"}${size * 8}(${offset})` : `bytes(${offset}, ${size})`},`;
  });
  return `/** \`${type} ${of}\`, include/uapi/linux/bpf.h: the part that is used. */\nexport const ${name} = struct("${of}", ${Math.ceil(end / 8) * 8}, {\n${lines.join("\n")}\n});\n`;
}

function locate(btf: Btf, rootId: number, path: string): { offset: number; size: number; signed: boolean } {
  let id = rootId;
  let offset = 0;
  for (const part of path.split(".")) {
    const member = findMember(btf, id, part);
    if (member === undefined)
      throw new UnsupportedError(
        `${path}: no member ${part} among ${members(btf, id)
          .map((m) => m.name)
          .join(" ")}`,
        path,
      );
    offset += member.offsetBits / 8;
    id = member.typeId;
  }
  const kind = resolve(btf, id).kind;
  return { offset, size: sizeOf(btf, id), signed: kind === "int" && isSigned(btf, id) };
}

function render(btf: Btf): string {
  const lines = [...constants(btf)].map(([name, value]) => `export const ${name} = ${value};`);
  return [
    "// Generated by tools/gen-uapi.ts from a kernel's BTF. Do not edit.",
    "//",
    "// Layouts end with the last field that is used: kernels accept a shorter bpf_attr, and refuse a longer one only where the",
    "// bytes beyond what they know are not 0.",
    'import { bytes, struct, u32, u64 } from "../bytes/struct.ts";',
    "",
    ...lines,
    "",
    ...LAYOUTS.map((one) => layout(btf, one)),
  ].join("\n");
}

/** What in the file differs from the kernel. */
function differences(btf: Btf, file: string): readonly string[] {
  const known = new Set(file.split("\n"));
  const wrong = [...constants(btf)]
    .filter(([name, value]) => file.includes(`export const ${name} = `) && !known.has(`export const ${name} = ${value};`))
    .map(([name, value]) => `${name} is ${value} in this kernel`);
  return [...wrong, ...LAYOUTS.filter((one) => !file.includes(layout(btf, one))).map((one) => `the layout ${one.name} differs from this kernel's`)];
}

const btf = openKernelBtf();
if (process.argv.includes("--check")) {
  const wrong = differences(btf, readFileSync(OUTPUT, "utf8"));
  for (const line of wrong) process.stderr.write(`${OUTPUT}: ${line}\n`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} else {
  writeFileSync(OUTPUT, render(btf));
}
