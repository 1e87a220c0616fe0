/** Which end of a dropped segment's connection is the service. */
import type { Event } from "../model/index.ts";
import type { Service, ServiceBy } from "./incident.ts";

/** The lower end of ip_local_port_range, as Linux sets it. */
const FIRST_CLIENT_PORT = 32_768;

/** The two ends of an event's connection; each absent where it is unknown. */
export interface Ends {
  readonly service: Service | undefined;
  /** The other end, with its port. */
  readonly client: { readonly address: string; readonly port: number | undefined } | undefined;
}

const NO_ENDS: Ends = Object.freeze({ service: undefined, client: undefined });

export function endsOf(event: Event): Ends {
  const { flow } = event;
  if (flow === undefined) return NO_ENDS;
  const source = { address: flow.saddr, port: flow.sport };
  const destination = { address: flow.daddr, port: flow.dport };
  const side = serviceSide(event);
  if (side === undefined) return NO_ENDS;
  const [service, client] = side.isSource ? [source, destination] : [destination, source];
  return {
    service:
      service.address === undefined || service.port === undefined
        ? undefined
        : { address: service.address, port: service.port, by: side.by },
    client: client.address === undefined ? undefined : { address: client.address, port: client.port },
  };
}

function serviceSide(event: Event): { readonly isSource: boolean; readonly by: ServiceBy } | undefined {
  if (event.kind === "refused") return { isSource: false, by: "listener" };
  const { packet, socket, flow } = event;
  const flags = packet.flags ?? [];
  if (flags.includes("SYN")) return { isSource: flags.includes("ACK"), by: "handshake" };
  if (socket?.state === "LISTEN" || socket?.state === "NEW_SYN_RECV")
    return { isSource: flow.direction === "tx", by: "listener" };
  const { sport, dport } = flow;
  if (sport === undefined || dport === undefined) return undefined;
  const isSource = sport < FIRST_CLIENT_PORT;
  return isSource === dport < FIRST_CLIENT_PORT ? undefined : { isSource, by: "ports" };
}
