/** As little of each kernel struct as we read. Offsets and sizes come from the running kernel's BTF. */
import {
  array,
  embedded,
  type KernelTypes,
  kernelStruct,
  optional,
  type Pointer,
  pointer,
  type Scalar,
  scalar,
} from "../../bpf/index.ts";

const nsCommon = kernelStruct("ns_common", { inum: scalar });
/** A list of a hash table: the node's list goes on at `next`. */
export const hlistHead = kernelStruct("hlist_head", { first: scalar });
const hlistNode = kernelStruct("hlist_node", { next: scalar });
/** `dev_index_head` is the namespace's table of devices by index: an array of hlist_head. */
export const net = kernelStruct("net", {
  ns: embedded(() => nsCommon),
  dev_index_head: optional(scalar),
  /** A u64; before Linux 5.12 an atomic64_t, made when it is asked for: 0 until then. */
  net_cookie: optional(array),
});
const possibleNet = kernelStruct("possible_net_t", { net: pointer(() => net) });

/** The part that request sockets, timewait sockets and full sockets share. */
export const sockCommon = kernelStruct("sock_common", {
  skc_family: scalar,
  skc_state: scalar,
  skc_daddr: scalar,
  skc_rcv_saddr: scalar,
  /** Network order. */
  skc_dport: scalar,
  /** Host order. */
  skc_num: scalar,
  skc_cookie: optional(array),
  skc_v6_daddr: optional(array),
  skc_v6_rcv_saddr: optional(array),
  skc_ipv6only: optional(scalar),
  skc_net: embedded(() => possibleNet),
});
/** What of a full TCP socket says what a late segment brings. */
export const tcpSock = kernelStruct("tcp_sock", {
  snd_una: scalar,
  snd_nxt: scalar,
  rcv_nxt: scalar,
  rcv_wup: scalar,
  rcv_wnd: scalar,
});
/** What an skb in an error queue has in its control block, include/linux/errqueue.h. */
const sockExtendedErr = kernelStruct("sock_extended_err", { ee_errno: scalar, ee_origin: scalar });
export const sockExterrSkb = kernelStruct("sock_exterr_skb", { ee: embedded(() => sockExtendedErr) });
export const sock = kernelStruct("sock", {
  __sk_common: embedded(() => sockCommon),
  sk_protocol: scalar,
  sk_type: scalar,
});

/**
 * Since Linux 6.18 a socket may count its drops here instead (sk_drops_read, include/net/sock.h); TCP sockets
 * do not, yet.
 */
export const numaDropCounters = kernelStruct("numa_drop_counters", { drops0: scalar, drops1: scalar });
/** What a listening socket counts. */
export const listenSock = kernelStruct("sock", {
  sk_drops: scalar,
  sk_drop_counters: optional(pointer(() => numaDropCounters)),
  sk_ack_backlog: scalar,
  sk_max_ack_backlog: scalar,
});

export const netDevice = kernelStruct("net_device", {
  name: array,
  ifindex: scalar,
  mtu: scalar,
  /** An inet6_dev; absent without IPv6. */
  ip6_ptr: optional(scalar),
  dev_addr: scalar,
  nd_net: embedded(() => possibleNet),
  index_hlist: optional(embedded(() => hlistNode)),
});

export const skBuff = kernelStruct("sk_buff", {
  head: scalar,
  data: scalar,
  sk: pointer(() => sock),
  dev: pointer(() => netDevice),
  /** A dst_entry with its lowest bit as a flag. */
  _skb_refdst: scalar,
  len: scalar,
  protocol: scalar,
  skb_iif: scalar,
  mark: scalar,
  encapsulation: scalar,
  pkt_type: scalar,
  /** tc has redirected it to another device; since Linux 5.6. */
  redirected: optional(scalar),
  /** Offsets from `head` on 64-bit machines. */
  tail: scalar,
  end: scalar,
  mac_header: scalar,
  network_header: scalar,
  transport_header: scalar,
  inner_network_header: scalar,
});

/** `pid` is the thread, `tgid` the process. */
export const taskStruct = kernelStruct("task_struct", { pid: scalar, tgid: scalar, comm: array });

export const skbSharedInfo = kernelStruct("skb_shared_info", { gso_segs: scalar, gso_size: scalar });
export const dstEntry = kernelStruct("dst_entry", {
  input: scalar,
  dev: pointer(() => netDevice),
  flags: scalar,
  /** When what was learned of the path ends; 0 where nothing was. */
  expires: scalar,
  /** Address of RTAX_MAX words of 32 bits, with flags in its lowest bits. */
  _metrics: scalar,
  /** Not 0: the route puts the packet into another one. */
  lwtstate: optional(scalar),
});

export type SockPointer = Pointer<typeof sock>;

/** Pointers that the verifier knows: fields are loaded directly. */
export const kernelSock = (kernel: KernelTypes, address: Scalar): Pointer<typeof sock> =>
  kernel.point(sock, address.expression, "direct");
export const kernelDevice = (kernel: KernelTypes, address: Scalar): Pointer<typeof netDevice> =>
  kernel.point(netDevice, address.expression, "direct");

/** The lowest bit of _skb_refdst: no reference is held (SKB_DST_NOREF, include/linux/skbuff.h). */
const SKB_DST_NOREF = 1;

/** The skb's dst_entry, or 0. */
export const routeOf = (skb: Pointer<typeof skBuff>): Scalar => skb._skb_refdst.and(~BigInt(SKB_DST_NOREF));
