/**
 * Cuts the types that this project reads out of a kernel's BTF, for the fixtures of the tests.
 *
 *     node dist/tools/slice-btf.js /sys/kernel/btf/vmlinux test/fixtures/btf/6.18.btf
 *     node dist/tools/slice-btf.js boot/vmlinuz-6.1.0-56-cloud-amd64 test/fixtures/btf/6.1.btf
 *     node dist/tools/slice-btf.js INPUT OUTPUT iphdr bpf_stats_type       # only these types
 */
import { readFileSync, writeFileSync } from "node:fs";
import { Btf, type Kind } from "../src/btf/index.ts";
import { UsageError } from "../src/errors.ts";
import { sliceBtf, type Wanted } from "./btf-slicer.ts";
import { extractBtf } from "./extract-btf.ts";

const STRUCTS = [
  "sk_buff",
  "skb_shared_info",
  "sock",
  "sock_common",
  "socket",
  "file",
  "inode",
  "kuid_t",
  "sock_cgroup_data",
  "cgroup",
  "kernfs_node",
  "net",
  "ns_common",
  "possible_net_t",
  "hlist_head",
  "hlist_node",
  "net_device",
  "inet6_dev",
  "ipv6_devconf",
  "request_sock",
  "inet_timewait_sock",
  "tcp_sock",
  "inet_connection_sock",
  "inet_sock",
  "dst_entry",
  "iphdr",
  "ipv6hdr",
  "tcphdr",
  "bpf_attr",
  "bpf_insn",
  "bpf_prog_info",
  "bpf_map_info",
  "bpf_link_info",
  "bpf_btf_info",
  "bpf_ringbuf_hdr",
  "xdp_md",
  "perf_event_attr",
  "trace_event_raw_kfree_skb",
  "task_struct",
];
const ENUMS = [
  "skb_drop_reason",
  "skb_drop_reason_subsys",
  "mac80211_drop_reason",
  "ovs_drop_reason",
  "qdisc_drop_reason",
  "bpf_cmd",
  "bpf_map_type",
  "bpf_prog_type",
  "bpf_attach_type",
  "bpf_func_id",
  "bpf_link_type",
  "bpf_stats_type",
  "xdp_action",
  "perf_type_id",
];
const FUNCTIONS = [
  "__bpf_trace_kfree_skb",
  "__traceiter_kfree_skb",
  "__probestub_kfree_skb",
  "tcp_conn_request",
  "tcp_v4_rcv",
  "tcp_drop",
  "bpf_prog_inc_misses_counter",
  "bpf_rdonly_cast",
];

const WANTED: readonly Wanted[] = [
  ...wanted(STRUCTS, ["struct", "union", "typedef"]),
  ...wanted(ENUMS, ["enum", "enum64"]),
  ...wanted(FUNCTIONS, ["func"]),
  ...wanted(["btf_trace_kfree_skb"], ["typedef"]),
];

function wanted(names: readonly string[], kinds: readonly Kind[]): readonly Wanted[] {
  return names.map((name) => ({ name, kinds }));
}

const [input, output, ...names] = process.argv.slice(2);
if (input === undefined || output === undefined)
  throw new UsageError("Name the input and the output: slice-btf INPUT OUTPUT [NAME...]");
const types =
  names.length === 0 ? WANTED : wanted(names, ["struct", "union", "typedef", "enum", "enum64", "func"]);
const { bytes, missing } = sliceBtf(Btf.parse(extractBtf(readFileSync(input))), types);
const lacking = missing.length > 0 ? `; not found: ${missing.join(", ")}` : "";
writeFileSync(output, bytes);
process.stderr.write(`${output}: ${bytes.length} bytes, ${Btf.parse(bytes).typeCount} types${lacking}\n`);
