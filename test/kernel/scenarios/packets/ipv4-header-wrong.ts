import { addresses, ethernet, ipv4, tcp } from "../frames.ts";
import { received, type Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "IPv4 headers with a wrong checksum, and with a length below the minimum",
  families: [4],
  paths: ["veth", "loopback"],
  run: ({ hosts }) => {
    const dport = hosts.newPort();
    const segment = (sport: number): Uint8Array =>
      tcp(addresses(4), { sport, dport, payload: Buffer.from("abc") });
    const packets = [ipv4(segment(1000), { checksumRight: false }), ipv4(segment(1001), { totalLen: 19 })];
    hosts.injectFrames(packets.map((packet) => ethernet(hosts.clientMacs, packet)));
    const dropped = {
      ...received,
      class: "loss",
      state: undefined,
      flags: ["PSH", "ACK"],
      dport,
      frame: ["ip_rcv_core", "ip_rcv"],
    } as const;
    return {
      drops: [
        { ...dropped, reason: "IP_CSUM", sport: 1000, also: { payloadLen: 3 } },
        { ...dropped, reason: "IP_INHDR", sport: 1001 },
      ],
      counters: [
        { host: "server", counter: "IpExtInCsumErrors", by: 1 },
        { host: "server", counter: "IpInHdrErrors", by: 2 },
      ],
    };
  },
};
