/**
 * C macros, which BTF does not carry. Each is compared with Debian's linux-libc-dev headers by
 * macros.test.ts; what stands in an enum comes from BTF and lives in uapi.gen.ts.
 */

/** asm/unistd.h: the numbers differ by architecture. All other values here are the same on these. */
export const NR = {
  x64: { bpf: 321, perfEventOpen: 298, userfaultfd: 323 },
  /** asm-generic/unistd.h, which riscv and loongarch have too. */
  arm64: { bpf: 280, perfEventOpen: 241, userfaultfd: 282 },
} as const;
/** No call has the number -1: the kernel answers ENOSYS, and nothing else happens. */
const NONE = { bpf: -1, perfEventOpen: -1, userfaultfd: -1 };
const BY_ARCH: Partial<Record<string, typeof NONE>> = { ...NR, riscv64: NR.arm64, loong64: NR.arm64 };
const nr = BY_ARCH[process.arch] ?? NONE;
export const NR_BPF: number = nr.bpf;
export const NR_PERF_EVENT_OPEN: number = nr.perfEventOpen;
export const NR_USERFAULTFD: number = nr.userfaultfd;

// asm-generic/mman-common.h, linux/mman.h
export const PROT_READ = 0x1;
export const PROT_WRITE = 0x2;
export const MAP_SHARED = 0x01;
export const MAP_PRIVATE = 0x02;
export const MAP_ANONYMOUS = 0x20;

// asm-generic/poll.h
export const POLLIN = 0x0001;
export const POLLOUT = 0x0004;
export const POLLERR = 0x0008;
export const POLLHUP = 0x0010;

// linux/eventpoll.h
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLLIN = 0x001;
export const EPOLLERR = 0x008;
export const EPOLLHUP = 0x010;
export const EPOLLET = 0x8000_0000;
export const EPOLL_CLOEXEC = 0o2000000;

// asm-generic/fcntl.h
export const O_RDONLY = 0o0;
export const O_RDWR = 0o2;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
/** Names a file without opening it: a device or a FIFO is not disturbed. Since Linux 2.6.39. */
export const O_PATH = 0o10000000;

// linux/sched.h
export const CLONE_NEWNET = 0x40000000;

// asm-generic/resource.h
export const RLIMIT_MEMLOCK = 8;
export const RLIM_INFINITY: bigint = 0xffff_ffff_ffff_ffffn;

// linux/time.h
export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_BOOTTIME = 7;

// linux/if_ether.h
export const ETH_P_ALL = 0x0003;
export const ETH_P_IP = 0x0800;
export const ETH_P_8021Q = 0x8100;
export const ETH_P_IPV6 = 0x86dd;
export const ETH_P_8021AD = 0x88a8;

// linux/socket.h of libc: AF_INET and AF_INET6 stand in bits/socket.h
export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_PACKET = 17;

// linux/bpf_common.h and linux/bpf.h: instruction classes
export const BPF_LD = 0x00;
export const BPF_LDX = 0x01;
export const BPF_ST = 0x02;
export const BPF_STX = 0x03;
export const BPF_ALU = 0x04;
export const BPF_JMP = 0x05;
export const BPF_JMP32 = 0x06;
export const BPF_ALU64 = 0x07;
// sizes
export const BPF_W = 0x00;
export const BPF_H = 0x08;
export const BPF_B = 0x10;
export const BPF_DW = 0x18;
// modes
export const BPF_IMM = 0x00;
export const BPF_MEM = 0x60;
export const BPF_ATOMIC = 0xc0;
// arithmetic
export const BPF_ADD = 0x00;
export const BPF_SUB = 0x10;
export const BPF_MUL = 0x20;
export const BPF_DIV = 0x30;
export const BPF_OR = 0x40;
export const BPF_AND = 0x50;
export const BPF_LSH = 0x60;
export const BPF_RSH = 0x70;
export const BPF_NEG = 0x80;
export const BPF_MOD = 0x90;
export const BPF_XOR = 0xa0;
export const BPF_MOV = 0xb0;
export const BPF_ARSH = 0xc0;
export const BPF_END = 0xd0;
export const BPF_TO_LE = 0x00;
export const BPF_TO_BE = 0x08;
// jumps
export const BPF_JA = 0x00;
export const BPF_JEQ = 0x10;
export const BPF_JGT = 0x20;
export const BPF_JGE = 0x30;
export const BPF_JSET = 0x40;
export const BPF_JNE = 0x50;
export const BPF_JSGT = 0x60;
export const BPF_JSGE = 0x70;
export const BPF_JLT = 0xa0;
export const BPF_JLE = 0xb0;
export const BPF_JSLT = 0xc0;
export const BPF_JSLE = 0xd0;
export const BPF_CALL = 0x80;
export const BPF_EXIT = 0x90;
// operand
export const BPF_K = 0x00;
export const BPF_X = 0x08;
// what the immediate of a 64-bit load is
export const BPF_PSEUDO_MAP_FD = 1;
export const BPF_PSEUDO_MAP_VALUE = 2;
export const BPF_PSEUDO_BTF_ID = 3;
export const BPF_PSEUDO_FUNC = 4;
// what the immediate of a call is; 0 for a helper
export const BPF_PSEUDO_CALL = 1;
export const BPF_PSEUDO_KFUNC_CALL = 2;

// linux/bpf.h: limits, and flags that stand in no enum
export const BPF_OBJ_NAME_LEN = 16;
export const BPF_TAG_SIZE = 8;
export const BPF_F_SLEEPABLE = 0x10;
export const BPF_F_TEST_RUN_ON_CPU = 0x1;
export const BPF_F_TEST_XDP_LIVE_FRAMES = 0x2;

// linux/perf_event.h
export const PERF_FLAG_FD_CLOEXEC = 0x8;
export const PERF_EVENT_IOC_ENABLE = 0x2400;
export const PERF_EVENT_IOC_DISABLE = 0x2401;
export const PERF_EVENT_IOC_SET_BPF = 0x4004_2408;

// asm-generic/ioctls.h: bytes that the peer has not acknowledged, tcp(7)
export const TIOCOUTQ = 0x5411;

// linux/userfaultfd.h
export const UFFD_API = 0xaa;
export const UFFDIO_API = 0xc018_aa3f;
export const UFFDIO_REGISTER = 0xc020_aa00;
export const UFFDIO_REGISTER_MODE_MISSING = 1;

// linux/if_packet.h: a socket option
export const PACKET_QDISC_BYPASS = 20;

// linux/if_link.h
export const XDP_FLAGS_SKB_MODE = 0x2;
export const XDP_FLAGS_DRV_MODE = 0x4;

// linux/if_tun.h
export const TUNSETIFF = 0x4004_54ca;
export const IFF_TUN = 0x0001;
export const IFF_TAP = 0x0002;
export const IFF_NO_PI = 0x1000;
export const IFF_VNET_HDR = 0x4000;

// linux/sockios.h and linux/ethtool.h
export const SIOCETHTOOL = 0x8946;
export const ETHTOOL_STSO = 0x1f;
export const ETHTOOL_GGRO = 0x2b;
export const ETHTOOL_SGRO = 0x2c;

// linux/if_packet.h
export const PACKET_RX_RING = 5;
export const PACKET_STATISTICS = 6;
export const PACKET_VERSION = 10;
export const TPACKET_V3 = 2;

// linux/virtio_net.h
export const VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
export const VIRTIO_NET_HDR_GSO_NONE = 0;
export const VIRTIO_NET_HDR_GSO_TCPV4 = 1;
export const VIRTIO_NET_HDR_GSO_TCPV6 = 4;

// linux/in.h and sys/socket.h, for the sockets of lab/
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const MSG_PEEK = 0x02;
export const MSG_DONTWAIT = 0x40;

// linux/tcp.h: socket options, for the sockets of lab/
export const TCP_REPAIR = 19;
export const TCP_REPAIR_QUEUE = 20;
export const TCP_QUEUE_SEQ = 21;
export const TCP_SEND_QUEUE = 2;
/** Ends repairing without a window probe. */
export const TCP_REPAIR_OFF_NO_WP = -1;

// netinet/tcp.h and netinet/in.h: a protocol and socket options, for the sockets of tests
export const IPPROTO_MPTCP = 262;
export const TCP_LINGER2 = 8;
export const TCP_DEFER_ACCEPT = 9;
export const TCP_WINDOW_CLAMP = 10;
export const TCP_MD5SIG = 14;
export const TCP_FASTOPEN = 23;
export const TCP_TIMESTAMP = 24;
export const IP_MINTTL = 21;
export const IPV6_MINHOPCOUNT = 73;

// asm-generic/socket.h: socket options, for the sockets of lab/
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_LINGER = 13;
export const SO_ATTACH_FILTER = 26;
export const SO_MARK = 36;

// asm-generic/socket.h and linux/socket.h: levels of socket options
export const SOL_SOCKET = 1;
export const SOL_IP = 0;
export const SOL_TCP = 6;
export const SOL_IPV6 = 41;
export const SOL_PACKET = 263;
