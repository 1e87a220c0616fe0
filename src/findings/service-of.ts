/** Which end of a dropped segment's connection is the service. */
import type { Event } from "../model/index.ts";
import type { Service, ServiceBy } from "./incident.ts";
import { bitsOf, isSenseless } from "./segment-flags.ts";

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
  const side = serviceSide(event);
  if (flow === undefined || side === undefined) return NO_ENDS;
  const source = { address: flow.saddr, port: flow.sport };
  const destination = { address: flow.daddr, port: flow.dport };
  const [service, client] = side.isSource ? [source, destination] : [destination, source];
  return {
    service:
      service.address === undefined || service.port === undefined
        ? undefined
        : { address: service.address, port: service.port, by: side.by },
    client: client.address === undefined ? undefined : { address: client.address, port: client.port },
  };
}

export interface ServiceSide {
  readonly isSource: boolean;
  readonly by: ServiceBy;
}

const side = (isSource: boolean, by: ServiceBy): ServiceSide => Object.freeze({ isSource, by });
const SOURCE = {
  handshake: side(true, "handshake"),
  listener: side(true, "listener"),
  ports: side(true, "ports"),
};
const DESTINATION = {
  handshake: side(false, "handshake"),
  listener: side(false, "listener"),
  ports: side(false, "ports"),
  probe: side(false, "probe"),
};

/** The same in constant objects: for every event. */
export function serviceSide(event: Event): ServiceSide | undefined {
  if (event.kind === "refused") return DESTINATION.listener;
  const { packet, socket, flow } = event;
  const { flags } = packet;
  if (flags?.includes("SYN") === true) return (flags.includes("ACK") ? SOURCE : DESTINATION).handshake;
  if (socket?.state === "LISTEN" || socket?.state === "NEW_SYN_RECV")
    return (flow.direction === "tx" ? SOURCE : DESTINATION).listener;
  // What no TCP sends is no answer: it tries the port that it goes to.
  if (flags !== undefined && socket?.state === undefined && isSenseless(bitsOf(flags)))
    return DESTINATION.probe;
  const { sport, dport } = flow;
  if (sport === undefined || dport === undefined) return undefined;
  const isSource = sport < FIRST_CLIENT_PORT;
  if (isSource === dport < FIRST_CLIENT_PORT) return undefined;
  return (isSource ? SOURCE : DESTINATION).ports;
}
