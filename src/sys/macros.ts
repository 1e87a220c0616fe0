/**
 * C macros, which BTF does not contain. macros.test.ts compares each with Debian's linux-libc-dev headers;
 * enum values come from BTF, in uapi.gen.ts.
 */

/** asm/unistd.h: numbers differ between architectures. All other values here are the same on these. */
export const NR = {
  x64: { bpf: 321, perfEventOpen: 298, userfaultfd: 323 },
  /** asm-generic/unistd.h, which riscv and loongarch use too. */
  arm64: { bpf: 280, perfEventOpen: 241, userfaultfd: 282 },
} as const;
/** No call has the number -1: the kernel returns ENOSYS. */
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

// asm-generic/fcntl.h
export const O_RDONLY = 0o0;
export const O_RDWR = 0o2;
export const O_NOCTTY = 0o400;
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

// asm-generic/ioctls.h, asm-generic/termbits.h
export const TCGETS = 0x5401;
export const TCSETS = 0x5402;
export const TIOCGPGRP = 0x540f;
export const TIOCGWINSZ = 0x5413;
export const ICANON = 0o2;
export const ECHO = 0o10;
export const VTIME = 5;
export const VMIN = 6;

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
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
// linux/if_packet.h
export const PACKET_OUTGOING = 4;
// errno.h: the number of every architecture that the program runs on
export const ENOMSG = 42;
// linux/errqueue.h
export const SO_EE_ORIGIN_TIMESTAMPING = 4;

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
export const BPF_MOD = 0x90;
export const BPF_XOR = 0xa0;
export const BPF_MOV = 0xb0;
export const BPF_ARSH = 0xc0;
export const BPF_END = 0xd0;
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
// what the immediate of a call is; 0 for a helper
export const BPF_PSEUDO_KFUNC_CALL = 2;

// linux/perf_event.h
export const PERF_FLAG_FD_CLOEXEC = 0x8;
export const PERF_EVENT_IOC_ENABLE = 0x2400;
export const PERF_EVENT_IOC_SET_BPF = 0x4004_2408;

// linux/netlink.h, linux/rtnetlink.h, linux/if_link.h and net/if.h, to list devices
export const NETLINK_ROUTE = 0;
export const NLM_F_REQUEST = 0x01;
export const NLM_F_DUMP = 0x300;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const RTM_NEWLINK = 16;
export const RTM_GETLINK = 18;
export const IFLA_IFNAME = 3;
export const IFLA_MTU = 4;
export const IFLA_CARRIER = 33;
export const IFF_UP = 0x1;

// linux/if_addr.h, linux/sock_diag.h and linux/inet_diag.h, to ask for addresses and sockets
export const RTM_NEWADDR = 20;
export const RTM_GETADDR = 22;
export const IFA_ADDRESS = 1;
export const IFA_LOCAL = 2;
export const NETLINK_SOCK_DIAG = 4;
export const SOCK_DIAG_BY_FAMILY = 20;
export const INET_DIAG_CGROUP_ID = 21;

// linux/magic.h
export const SOCKFS_MAGIC = 0x534f434b;

// linux/in.h and sys/socket.h, for the sockets of lab/
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_REUSEPORT = 15;
export const MSG_PEEK = 0x02;
export const MSG_DONTWAIT = 0x40;

// linux/tcp.h: a level and socket options, for the sockets of lab/
export const SOL_TCP = 6;
export const TCP_LINGER2 = 8;
export const TCP_REPAIR = 19;
export const TCP_REPAIR_QUEUE = 20;
export const TCP_QUEUE_SEQ = 21;
export const TCP_SEND_QUEUE = 2;
/** Ends repair mode without a window probe. */
export const TCP_REPAIR_OFF_NO_WP = -1;
