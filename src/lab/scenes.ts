/**
 * Scenes: each makes one kind of real drop between the two hosts, and says what a tracer should show of it.
 */
import type { Direction, TcpFlag } from "../model/index.ts";
import { SOL_TCP, TCP_LINGER2, TCP_REPAIR } from "../sys/macros.ts";
import { receiveBytes, sendBytes, setOption } from "../sys/sockets.ts";
import { ADDRESS, addressBytes, type Family, type Hosts, nextSegment, waitFor } from "./hosts.ts";
import { ACK, PSH_ACK, SYN, SYN_ACK, segmentToServer } from "./segments.ts";

export interface Expected {
  /** As Linux 6.18 names it. */
  readonly reason: string;
  readonly direction: Direction;
  readonly flags: readonly TcpFlag[];
  readonly state: string | undefined;
  readonly family: Family;
  /** A function on the stack, below the one that frees. */
  readonly frame: string;
  readonly saddr: string;
  readonly daddr: string;
  /** Absent where the client's stack chose it and the scene cannot know. */
  readonly sport: number | undefined;
  /** The server's port, which the packet goes to. */
  readonly dport: number;
  /** The host whose kernel drops it. */
  readonly host: "client" | "server";
}

export interface Scene {
  readonly name: string;
  /** One line for people, told before it happens. */
  readonly tells: string;
  readonly run: (hosts: Hosts) => Promise<Expected>;
}

const HELLO = new TextEncoder().encode("hello");
/** Nobody listens there. */
const CLOSED_PORT = 81;
/** The source of segments that are made by hand and belong to no connection. */
const NO_STACK_PORT = 40_000;

/** What scenes share whose packet the server receives and drops. */
function serverDrops(family: Family) {
  return {
    direction: "rx",
    family,
    saddr: ADDRESS.client[family],
    daddr: ADDRESS.server[family],
    host: "server",
  } as const;
}

const closedPort = (family: Family): Scene => ({
  name: `closed-port-v${family}`,
  tells: `The client connects to port ${CLOSED_PORT}, where nobody listens (IPv${family})`,
  run: (hosts) => {
    hosts.connect(family, CLOSED_PORT);
    return Promise.resolve({
      ...serverDrops(family),
      reason: "NO_SOCKET",
      flags: ["SYN"],
      state: undefined,
      frame: family === 4 ? "tcp_v4_rcv" : "tcp_v6_rcv",
      sport: undefined,
      dport: CLOSED_PORT,
    });
  },
});

const wrongChecksum = (family: Family): Scene => ({
  name: `wrong-checksum-v${family}`,
  tells: `A SYN with a wrong TCP checksum reaches the server (IPv${family})`,
  run: (hosts) => {
    const dport = hosts.newPort();
    hosts.listen(family, dport);
    hosts.inject({
      ...segmentToServer(family, NO_STACK_PORT, dport),
      seq: 1,
      flags: SYN,
      checksumRight: false,
    });
    return Promise.resolve({
      ...serverDrops(family),
      reason: "TCP_CSUM",
      flags: ["SYN"],
      state: undefined,
      frame: family === 4 ? "tcp_v4_rcv" : "tcp_v6_rcv",
      sport: NO_STACK_PORT,
      dport,
    });
  },
});

/**
 * Longer than TCP_TIMEWAIT_LEN, 60 s (include/net/tcp.h): then a closed socket stays one in FIN_WAIT2.
 * Otherwise the ACK of its FIN, if it comes before the data, leaves only a timewait socket
 * (tcp_rcv_state_process()), which gives no reason for the drop.
 */
const LINGER2_S = 120;

const dataAfterClose = (family: Family): Scene => ({
  name: `data-after-close-v${family}`,
  tells: `The server closes a connection, and the client sends all the same (IPv${family})`,
  run: async (hosts) => {
    const dport = hosts.newPort();
    const { server, client, clientPort: sport } = await hosts.establish(family, dport);
    setOption(server, SOL_TCP, TCP_LINGER2, LINGER2_S);
    server[Symbol.dispose]();
    sendBytes(client, HELLO);
    return {
      ...serverDrops(family),
      reason: "TCP_ABORT_ON_DATA",
      flags: ["PSH", "ACK"],
      state: "CLOSE",
      frame: `tcp_v${family}_do_rcv`,
      sport,
      dport,
    };
  },
});

const outOfWindow = (family: Family): Scene => ({
  name: `out-of-window-v${family}`,
  tells: `Data far beyond the receive window comes in on an open connection (IPv${family})`,
  run: async (hosts) => {
    const dport = hosts.newPort();
    const { clientPort, clientSeq, serverSeq } = await hosts.establish(family, dport);
    hosts.inject({
      ...segmentToServer(family, clientPort, dport),
      seq: (clientSeq + 100_000_000) >>> 0,
      ack: serverSeq,
      flags: PSH_ACK,
      payload: HELLO,
    });
    return {
      ...serverDrops(family),
      reason: "TCP_INVALID_SEQUENCE",
      flags: ["PSH", "ACK"],
      state: "ESTABLISHED",
      frame: "tcp_validate_incoming",
      sport: clientPort,
      dport,
    };
  },
});

const oldData = (family: Family): Scene => ({
  name: `old-data-v${family}`,
  tells: `Data that had arrived comes a second time (IPv${family})`,
  run: async (hosts) => {
    const dport = hosts.newPort();
    const { client, server, clientPort, clientSeq, serverSeq } = await hosts.establish(family, dport);
    sendBytes(client, HELLO);
    await waitFor(() => receiveBytes(server, HELLO.length), "The first copy");
    hosts.inject({
      ...segmentToServer(family, clientPort, dport),
      seq: clientSeq,
      ack: serverSeq,
      flags: PSH_ACK,
      payload: HELLO,
    });
    return {
      ...serverDrops(family),
      reason: "TCP_OLD_DATA",
      flags: ["PSH", "ACK"],
      state: "ESTABLISHED",
      // tcp_data_queue drops by a tail call, so that it leaves no frame.
      frame: "tcp_rcv_established",
      sport: clientPort,
      dport,
    };
  },
});

const reversePath: Scene = {
  name: "rp-filter",
  tells: "A SYN comes from an address to which the server has no way back (strict rp_filter)",
  run: (hosts) => {
    hosts.setSysctl(hosts.server, "ipv4/conf/srv0/rp_filter", "1");
    const dport = hosts.newPort();
    hosts.inject({
      ...segmentToServer(4, NO_STACK_PORT, dport),
      source: Uint8Array.of(198, 51, 100, 7),
      seq: 1,
      flags: SYN,
    });
    return Promise.resolve({
      ...serverDrops(4),
      saddr: "198.51.100.7",
      reason: "IP_RPFILTER",
      flags: ["SYN"],
      state: undefined,
      frame: "ip_rcv_finish_core",
      sport: NO_STACK_PORT,
      dport,
    });
  },
};

const expiredInTransit: Scene = {
  name: "ttl-forwarded",
  tells: "The server forwards for others, and a SYN's TTL ends there",
  run: (hosts) => {
    hosts.setSysctl(hosts.server, "ipv4/conf/all/forwarding", "1");
    hosts.server.run("ip", ["route", "replace", "203.0.113.0/24", "via", ADDRESS.client[4], "dev", "srv0"]);
    const dport = hosts.newPort();
    hosts.inject({
      ...segmentToServer(4, NO_STACK_PORT, dport),
      destination: Uint8Array.of(203, 0, 113, 7),
      seq: 1,
      flags: SYN,
      ttl: 1,
    });
    return Promise.resolve({
      ...serverDrops(4),
      daddr: "203.0.113.7",
      reason: "IP_INHDR",
      direction: "forwarded",
      flags: ["SYN"],
      state: undefined,
      frame: "ip_forward",
      sport: NO_STACK_PORT,
      dport,
    });
  },
};

/**
 * With a backlog of 3 the accept queue takes 4, and 3 handshakes may be under way. The peers are nobody, so
 * no stack answers for them: five handshakes, the last of which ends when the queue is full.
 */
const acceptQueueFull: Scene = {
  name: "accept-queue-full",
  tells: "The last ACK of a handshake meets a full accept queue (the server does not accept)",
  run: async (hosts) => {
    const dport = hosts.newPort();
    hosts.server.run("ip", ["neigh", "replace", "192.0.2.9", "lladdr", "02:00:00:00:00:09", "dev", "srv0"]);
    hosts.listen(4, dport, 3);
    const wire = hosts.capture();
    const peer = (sourcePort: number) => ({
      ...segmentToServer(4, sourcePort, dport),
      source: addressBytes(4, 9),
    });
    const begin = async (port: number): Promise<number> => {
      hosts.inject({ ...peer(port), seq: 1000, flags: SYN });
      const synAck = await waitFor(
        () => nextSegment(wire, (s) => s.destinationPort === port && s.flags === SYN_ACK),
        "The SYN-ACK",
      );
      return ((synAck?.seq ?? 0) + 1) >>> 0;
    };
    const end = (port: number, ack: number): void =>
      hosts.inject({ ...peer(port), seq: 1001, ack, flags: ACK });
    const [a, b, c] = [await begin(41_001), await begin(41_002), await begin(41_003)];
    end(41_001, a);
    end(41_002, b);
    const [d, e] = [await begin(41_004), await begin(41_005)];
    end(41_003, c);
    end(41_004, d);
    end(41_005, e);
    wire[Symbol.dispose]();
    return {
      ...serverDrops(4),
      saddr: "192.0.2.9",
      reason: "TCP_LISTEN_OVERFLOW",
      flags: ["ACK"],
      state: "LISTEN",
      frame: "tcp_v4_rcv",
      sport: 41_005,
      dport,
    };
  },
};

const routeLost = (family: Family): Scene => ({
  name: `route-lost-v${family}`,
  tells: `The route vanishes under an open connection of the client (IPv${family})`,
  run: async (hosts) => {
    const dport = hosts.newPort();
    const { client, clientPort } = await hosts.establish(family, dport);
    const network =
      family === 4
        ? ["route", "del", "192.0.2.0/24", "dev", "cli0"]
        : ["-6", "route", "del", "2001:db8::/64", "dev", "cli0"];
    hosts.client.run("ip", network);
    sendBytes(client, HELLO);
    // While it repairs, closing sends nothing (__tcp_close()). An open connection would try again after
    // TCP_RTO_MIN, 200 ms: a second drop, if no route is back yet.
    setOption(client, SOL_TCP, TCP_REPAIR, 1);
    client[Symbol.dispose]();
    hosts.client.run(
      "ip",
      network.map((word) => (word === "del" ? "add" : word)),
    );
    return {
      ...serverDrops(family),
      host: "client",
      reason: family === 4 ? "IP_OUTNOROUTES" : "NOT_SPECIFIED",
      direction: "tx",
      flags: ["PSH", "ACK"],
      state: "ESTABLISHED",
      frame: family === 4 ? "__ip_queue_xmit" : "inet6_csk_xmit",
      sport: clientPort,
      dport,
    };
  },
});

export const SCENES: readonly Scene[] = [
  closedPort(4),
  closedPort(6),
  wrongChecksum(4),
  wrongChecksum(6),
  dataAfterClose(4),
  dataAfterClose(6),
  outOfWindow(4),
  outOfWindow(6),
  oldData(4),
  oldData(6),
  reversePath,
  expiredInTransit,
  acceptQueueFull,
  routeLost(4),
  routeLost(6),
];
