/** Scenes in which TCP itself drops the segment. */
import { SOL_TCP, TCP_LINGER2 } from "../sys/macros.ts";
import { receiveBytes, sendBytes, setOption } from "../sys/sockets.ts";
import { addressBytes, type Family, nextSegment, waitFor } from "./hosts.ts";
import { HELLO, NO_STACK_PORT, type Scene, serverDrops } from "./scene.ts";
import { ACK, PSH_ACK, SYN, SYN_ACK, segmentToServer } from "./segments.ts";

/** Has no listener. */
const CLOSED_PORT = 81;

export const closedPort = (family: Family): Scene => ({
  name: `closed-port-v${family}`,
  title: `The client connects to port ${CLOSED_PORT}, which has no listener (IPv${family})`,
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

export const wrongChecksum = (family: Family): Scene => ({
  name: `wrong-checksum-v${family}`,
  title: `A SYN arrives with a wrong TCP checksum (IPv${family})`,
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
 * Longer than TCP_TIMEWAIT_LEN, 60 s (include/net/tcp.h), so that the closed socket stays a full socket in
 * FIN_WAIT2. Otherwise the ACK of its FIN, if it arrives before the data, leaves only a timewait socket
 * (tcp_rcv_state_process()), which gives no reason for the drop.
 */
const LINGER2_S = 120;

export const dataAfterClose = (family: Family): Scene => ({
  name: `data-after-close-v${family}`,
  title: `The client sends data after the server has closed (IPv${family})`,
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

export const outOfWindow = (family: Family): Scene => ({
  name: `out-of-window-v${family}`,
  title: `Data arrives far beyond the receive window of an open connection (IPv${family})`,
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

export const oldData = (family: Family): Scene => ({
  name: `old-data-v${family}`,
  title: `Data arrives a second time (IPv${family})`,
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
      // tcp_data_queue drops in a tail call, so it leaves no frame.
      frame: "tcp_rcv_established",
      sport: clientPort,
      dport,
    };
  },
});

/**
 * With a backlog of 3, the accept queue holds 4 connections, and 3 handshakes may be in progress. No stack
 * answers for the peers' address. Of five handshakes, the last completes when the queue is full.
 */
export const acceptQueueFull: Scene = {
  name: "accept-queue-full",
  title: "The last ACK of a handshake meets a full accept queue",
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
