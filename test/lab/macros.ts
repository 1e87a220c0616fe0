/**
 * C macros that only tests and benches use; all others are in src/sys/macros.ts, whose test compares both
 * with the headers.
 */

// linux/bpf.h: a flag of BPF_PROG_TEST_RUN
export const BPF_F_TEST_XDP_LIVE_FRAMES = 0x2;

// asm-generic/ioctls.h: bytes not yet acknowledged by the peer, tcp(7)
export const TIOCOUTQ = 0x5411;

// linux/userfaultfd.h
export const UFFD_API = 0xaa;
export const UFFDIO_API = 0xc018_aa3f;
export const UFFDIO_REGISTER = 0xc020_aa00;
export const UFFDIO_REGISTER_MODE_MISSING = 1;

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
export const PACKET_QDISC_BYPASS = 20;
export const TPACKET_V3 = 2;

// linux/virtio_net.h
export const VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
export const VIRTIO_NET_HDR_GSO_NONE = 0;
export const VIRTIO_NET_HDR_GSO_TCPV4 = 1;
export const VIRTIO_NET_HDR_GSO_TCPV6 = 4;

// netinet/tcp.h and netinet/in.h: a protocol and socket options
export const IPPROTO_MPTCP = 262;
export const TCP_DEFER_ACCEPT = 9;
export const TCP_MD5SIG = 14;
export const TCP_FASTOPEN = 23;
export const TCP_TIMESTAMP = 24;
export const IP_MINTTL = 21;
export const IPV6_MINHOPCOUNT = 73;

// asm-generic/socket.h: socket options
export const SO_BINDTODEVICE = 25;
export const SO_ERROR = 4;
export const SO_COOKIE = 57;
export const SO_NETNS_COOKIE = 71;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_TIMESTAMPING = 37;
// linux/net_tstamp.h
export const SOF_TIMESTAMPING_TX_SOFTWARE = 2;
export const SOF_TIMESTAMPING_SOFTWARE = 16;
export const SO_LINGER = 13;
export const SO_ATTACH_FILTER = 26;
export const SO_MARK = 36;

// asm-generic/socket.h and linux/socket.h: levels of socket options
export const SOL_SOCKET = 1;
export const SOL_IP = 0;
export const SOL_IPV6 = 41;
export const SOL_PACKET = 263;

// asm-generic/resource.h
export const RLIMIT_NOFILE = 7;
