/** HOST:PORT: a name becomes all of its addresses, once; segments of both directions are meant. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { UsageError } from "../errors.ts";
import { nearest, SERVICES } from "../filter-language/index.ts";
import { readServices } from "../host/services.ts";
import { quoted, shownName } from "./quoted.ts";

export interface Endpoint {
  /** "www.example.com:443, which is 192.0.2.1 and 2001:db8::1 now", for people. */
  readonly what: string;
  readonly filter: string;
  /** Every network namespace has these addresses for itself. */
  readonly isLoopback: boolean;
}

/** All addresses of a name; rejects where there are none. */
export type LookUp = (host: string) => Promise<readonly string[]>;

export interface EndpointOptions {
  /** "/" but in tests. */
  readonly root?: string;
  readonly lookUp?: LookUp;
}

/** As the machine's other programs find them: /etc/hosts, DNS, or what nsswitch.conf says. */
async function lookUpHere(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address }) => address);
}

const MOST_ADDRESSES = 64;
const MAX_PORT = 0xffff;
/** RFC 1035. */
const MAX_HOST_LENGTH = 253;

/** @throws UsageError for what is no host or port, and for a name that has no address */
export async function endpointOf(
  host: string,
  port: string,
  { root = "/", lookUp = lookUpHere }: EndpointOptions = {},
): Promise<Endpoint> {
  const number = portNumber(port, root);
  const isName = isIP(host) === 0;
  const addresses = isName ? await addressesOf(host, lookUp) : [inFilter(host)];
  const [first = ""] = addresses;
  const anyOf = addresses.length === 1 ? `host ${first}` : `host (${addresses.join(" or ")})`;
  const filter = ["src", "dst"].map((end) => `(${end} ${anyOf} and ${end} port ${number})`).join(" or ");
  const shownPort = port === String(number) ? port : `${shownName(port)} (${number})`;
  const shownHost = isName ? shownName(host) : host.includes(":") ? `[${host}]` : host;
  return {
    what: `${shownHost}:${shownPort}${isName ? `, which is ${addresses.join(" and ")} now` : ""}`,
    filter,
    isLoopback: addresses.every((address) => address === "::1" || address.startsWith("127.")),
  };
}

function portNumber(port: string, root: string): number {
  if (/^\d{1,5}$/.test(port)) {
    const number = Number(port);
    if (number >= 1 && number <= MAX_PORT) return number;
  }
  const services = readServices(root)?.tcp ?? SERVICES;
  const known = services.get(port);
  if (known !== undefined) return known;
  const near = nearest(port, services.keys());
  throw new UsageError(`${quoted(port)} is no port: neither a number from 1 to ${MAX_PORT} nor a service`, {
    hint: near.length > 0 ? `Did you mean ${near.join(", ")}?` : "/etc/services has the names.",
  });
}

async function addressesOf(host: string, lookUp: LookUp): Promise<readonly string[]> {
  if (host.length > MAX_HOST_LENGTH || /[\p{Cc}\p{Cf}\s/%]/u.test(host))
    throw new UsageError(`${quoted(host)} is no host: neither a name nor an address`);
  let found: readonly string[];
  try {
    found = await lookUp(host);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? "unknown";
    throw new UsageError(`Cannot find the addresses of ${quoted(host)}: ${why}`, {
      cause,
      hint: "Give an address, like 192.0.2.1:443. A container or unit is meant without a port: --for web",
    });
  }
  const addresses = [...new Set(found.filter((address) => isIP(address) !== 0).map(inFilter))];
  if (addresses.length === 0) throw new UsageError(`${quoted(host)} has no address`);
  if (addresses.length <= MOST_ADDRESSES) return addresses;
  throw new UsageError(`${quoted(host)} has ${addresses.length} addresses: more than ${MOST_ADDRESSES}`, {
    hint: "Write them as a filter: tcpdrop help filter",
  });
}

/** As packets have it: without a zone, and IPv4 as itself. */
function inFilter(address: string): string {
  return address.replace(/%.*$/s, "").replace(/^::ffff:(?=\d+\.)/i, "");
}
