/** What src/sys/uapi.gen.ts contains: enums by name, and the parts of structs that are used. */

/** Whole enums, without the entries that only mark their end. */
export const NAMED_ENUMS: readonly string[] = [
  "bpf_cmd",
  "bpf_map_type",
  "bpf_prog_type",
  "bpf_attach_type",
  "bpf_link_type",
  "bpf_stats_type",
  "bpf_func_id",
  "xdp_action",
  "perf_type_id",
];

/** Whole anonymous enums, each named by one of its constants. */
export const ANONYMOUS_ENUMS: readonly string[] = [
  "BPF_ANY",
  "BPF_F_NO_PREALLOC",
  "BPF_F_CURRENT_CPU",
  "BPF_F_USER_STACK",
  "BPF_RB_NO_WAKEUP",
  "BPF_RB_AVAIL_DATA",
  "BPF_RINGBUF_BUSY_BIT",
  "IPPROTO_TCP",
];

export interface Layout {
  /** Exported under this name. */
  readonly name: string;
  /** The kernel's name. */
  readonly of: string;
  /** Its purpose, if the struct has several. */
  readonly purpose: string | undefined;
  readonly header: string;
  /** Our field names, and their paths in the kernel's struct. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * `fields` are the kernel's names: "map_type" becomes `mapType`. "id=start_id" gives a better name to a
 * field, or one to the word that begins with a bit-field.
 */
function layout(
  name: string,
  of: string,
  header: string,
  fields: string,
  purpose?: string,
  inside = "",
): Layout {
  const named = fields.split(" ").map((field) => {
    const [ours = "", path] = field.split("=");
    return path === undefined
      ? [camelCase(ours.slice(ours.lastIndexOf(".") + 1)), inside + ours]
      : [ours, inside + path];
  });
  return { name, of, header, purpose, fields: Object.fromEntries(named) };
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_whole, letter: string) => letter.toUpperCase());
}

const BPF_HEADER = "include/uapi/linux/bpf.h";

/** The member of `union bpf_attr` that a command uses, under a name of its own. */
function attr(name: string, commands: string, fields: string, inside = ""): Layout {
  return layout(`bpfAttr${name}`, "bpf_attr", BPF_HEADER, fields, commands, inside);
}

/** The same for fields in a named struct of the union. */
function attrIn(inside: string, name: string, commands: string, fields: string): Layout {
  return attr(name, commands, fields, `${inside}.`);
}

export const LAYOUTS: readonly Layout[] = [
  attr(
    "MapCreate",
    "BPF_MAP_CREATE",
    "map_type key_size value_size max_entries map_flags inner_map_fd numa_node map_name",
  ),
  attr(
    "MapElement",
    "BPF_MAP_LOOKUP_ELEM, _UPDATE_ELEM, _DELETE_ELEM, _LOOKUP_AND_DELETE_ELEM",
    "map_fd key value flags",
  ),
  attr(
    "ProgLoad",
    "BPF_PROG_LOAD",
    "prog_type insn_cnt insns license log_level log_size log_buf prog_flags prog_name " +
      "expected_attach_type attach_btf_id attach_btf_obj_fd",
  ),
  attr(
    "ObjectId",
    "BPF_*_GET_NEXT_ID (id is where to begin), BPF_*_GET_FD_BY_ID",
    "id=start_id next_id open_flags",
  ),
  attrIn("info", "ObjectInfo", "BPF_OBJ_GET_INFO_BY_FD", "bpf_fd info_len info"),
  attrIn("raw_tracepoint", "RawTracepointOpen", "BPF_RAW_TRACEPOINT_OPEN", "name prog_fd"),
  attrIn(
    "link_create",
    "LinkCreate",
    "BPF_LINK_CREATE of an iterator",
    "prog_fd target_fd attach_type flags iter_info iter_info_len",
  ),
  layout(
    "bpfIterLinkInfoTask",
    "bpf_iter_link_info",
    BPF_HEADER,
    "tid pid pid_fd",
    "of iterators over tasks, since Linux 6.1",
    "task.",
  ),
  attrIn("iter_create", "IterCreate", "BPF_ITER_CREATE", "link_fd flags"),
  attrIn("enable_stats", "EnableStats", "BPF_ENABLE_STATS", "type"),
  attrIn(
    "test",
    "TestRun",
    "BPF_PROG_TEST_RUN",
    "prog_fd retval data_size_in data_size_out data_in data_out repeat duration " +
      "ctx_size_in ctx_size_out ctx_in ctx_out flags cpu batch_size",
  ),
  layout(
    "bpfProgInfo",
    "bpf_prog_info",
    BPF_HEADER,
    "type id tag jited_prog_len xlated_prog_len load_time created_by_uid nr_map_ids map_ids name " +
      "run_time_ns run_cnt recursion_misses verified_insns",
  ),
  // These bit-fields begin the byte that the registers share, and the word of the flags.
  layout("bpfInsn", "bpf_insn", BPF_HEADER, "code registers=dst_reg off imm"),
  layout(
    "xdpMd",
    "xdp_md",
    BPF_HEADER,
    "data data_end data_meta ingress_ifindex rx_queue_index",
    "what an XDP program is given",
  ),
  layout(
    "perfEventAttr",
    "perf_event_attr",
    "include/uapi/linux/perf_event.h",
    "type size config sample_period sample_type read_format flags=disabled wakeup_events " +
      "bp_type config1 config2",
  ),
];
