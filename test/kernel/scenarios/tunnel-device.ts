/** Traffic of the client into its own tun device, as if there were a network behind it. */
import { addressBytes, CLIENT, type Family, type Hosts } from "../../../src/lab/hosts.ts";
import { connectTcp, localPort } from "../../../src/sys/sockets.ts";
import { v4, v6 } from "./martian.ts";

export const BEHIND = { 4: "198.51.100.7", 6: "2001:db8:99::7" } as const;

/** The SYN of a connect() routed to the device; the socket is closed immediately. Returns its port. */
export function connectBehind(hosts: Hosts, family: Family, device: string, dport: number): number {
  hosts.client.run("ip", [`-${family}`, "route", "replace", BEHIND[family], "dev", device]);
  const to = { address: family === 4 ? v4(BEHIND[4]) : v6(BEHIND[6]), port: dport };
  const socket = hosts.client.inside(() =>
    connectTcp(to, { address: addressBytes(family, CLIENT), port: 0 }),
  );
  const sport = localPort(socket);
  socket[Symbol.dispose]();
  return sport;
}
