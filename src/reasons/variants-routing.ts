/** Variants of what is dropped for a route, where the kernel gives no reason. */
import type { VariantRow } from "./variant.ts";

const LOOK_UP = "ip route get DADDR from SADDR iif IFACE; ip route show table all; ip rule";

export const ROUTING_VARIANTS: readonly VariantRow[] = [
  {
    id: "not-specified/no-ipv6-route",
    reasons: ["NOT_SPECIFIED"],
    symbols: ["inet6_csk_xmit"],
    class: "loss",
    meaning: "This host has no IPv6 route to the destination any more; TCP sends the segment again later.",
    advice: "ip -6 route get DADDR; routes that come and go: ip -6 monitor route",
    kernelSource:
      "net/ipv6/inet6_connection_sock.c: inet6_csk_xmit(), inet6_csk_route_socket() fails (v6.18)",
  },
  {
    id: "not-specified/no-route-in-transit",
    reasons: ["NOT_SPECIFIED"],
    symbols: ["ip_error"],
    kernelWithout: "IP_INNOROUTES",
    withoutReasons: true,
    class: "loss",
    meaning:
      "It is not for this host, and there is no route for it, or one that rejects it (blackhole, unreachable, " +
      "prohibit), or this host does not forward.",
    advice: LOOK_UP,
    kernelSource: "net/ipv4/route.c: ip_error(), of which nothing has a reason before 5.19 (v5.10)",
  },
  {
    id: "not-specified/route-rejects",
    reasons: ["NOT_SPECIFIED"],
    symbols: ["ip_error"],
    class: "loss",
    meaning: "The route or rule that matches rejects it: blackhole, unreachable or prohibit.",
    advice: LOOK_UP,
    kernelSource:
      "net/ipv4/route.c: ip_error(): EINVAL, EHOSTUNREACH and EACCES where forwarding is on; a missing route " +
      "is IP_INNOROUTES (v6.18)",
  },
  {
    id: "not-specified/route-discards",
    reasons: ["NOT_SPECIFIED"],
    symbols: ["dst_discard_out", "dst_discard"],
    withoutReasons: true,
    class: "loss",
    meaning:
      "The route that it has discards it: a blackhole, one that was just removed, or one without the IPsec " +
      "states that it needs.",
    advice: "ip route get DADDR; ip route show table all; ip rule; with IPsec: ip xfrm state",
    kernelSource:
      "net/core/dst.c: dst_discard_out(), dst_dev_put(); net/ipv6/route.c: ip6_route_info_create(), " +
      "RTN_BLACKHOLE; net/ipv4/route.c: ipv4_blackhole_route() (v6.18)",
  },
];
