/**
 * Whether a filter may mean SYNs that a listening socket refused. Of these nobody knows the sender, nor any header: a question about it has no answer, and
 * what is not surely something else is shown.
 */
import type { RefusedEvent } from "../event.ts";
import { type AddressNode, type FilterNode, type FlagsNode, leftAligned, type PortNode, parseDotted, parseIp6 } from "../filter-language/index.ts";
import { networkSet4, networkSet6, portSet } from "./sets.ts";

/** undefined: nobody knows. */
type Known = boolean | undefined;
type Ask = (event: RefusedEvent) => Known;

/** A simplified tree. False for what surely does not match. */
export function compileRefused(root: FilterNode): (event: RefusedEvent) => boolean {
  const ask = compile(root);
  return (event) => ask(event) !== false;
}

function compile(node: FilterNode): Ask {
  switch (node.kind) {
    case "and":
    case "or": {
      const parts = node.of.map(compile);
      const deciding = node.kind === "or";
      return (event) => {
        const answers = parts.map((part) => part(event));
        if (answers.includes(deciding)) return deciding;
        return answers.includes(undefined) ? undefined : !deciding;
      };
    }
    case "not": {
      const inner = compile(node.of);
      return (event) => {
        const answer = inner(event);
        return answer === undefined ? undefined : !answer;
      };
    }
    case "constant":
      return () => node.value;
    case "address":
      return compileAddress(node);
    case "port":
      return compilePort(node);
    case "flags":
      return () => flagsOfSyn(node);
    default:
      return compileFact(node);
  }
}

function compileFact(node: FilterNode): Ask {
  switch (node.kind) {
    case "protocol":
      // A listener of IPv6 may take connections of IPv4 too.
      return ({ listener }) => (listener?.ip === 4 ? node.name === "ip" : undefined);
    case "class":
      return (event) => event.class === node.name;
    case "state":
      return (event) => event.state === node.name;
    case "direction":
      return () => node.name === "rx";
    case "netns":
      return (event) => event.netns === node.inode;
    case "reason":
    case "location":
      return () => false;
    default:
      return () => undefined;
  }
}

function atDestination(end: AddressNode["end"], test: Ask): Ask {
  if (end === "src") return () => undefined;
  return (event) => {
    const answer = test(event);
    // The other end may be it as well, or must be too.
    if (end === "either" && answer === false) return undefined;
    return end === "both" && answer === true ? undefined : answer;
  };
}

function compilePort({ end, ranges }: PortNode): Ask {
  const inRanges = portSet(ranges);
  return atDestination(end, ({ listener }) => (listener === undefined ? undefined : inRanges(listener.dport)));
}

/** A listener at the unspecified address takes what comes to any. */
function compileAddress({ end, networks }: AddressNode): Ask {
  const [in4, in6] = [networkSet4(networks), networkSet6(networks)];
  return atDestination(end, ({ listener }) => {
    const address = listener?.daddr;
    if (address === undefined || address === "0.0.0.0" || address === "::") return undefined;
    const dotted = parseDotted(address.replace(/^::ffff:/, ""));
    return dotted === undefined ? in6(parseIp6(address) ?? [0, 0, 0, 0]) : in4(leftAligned(dotted));
  });
}

const [FIN, SYN, RST, ACK] = [1 << 0, 1 << 1, 1 << 2, 1 << 4];

/** A SYN has that flag, and neither ACK, RST nor FIN. */
function flagsOfSyn({ set, clear }: FlagsNode): Known {
  if ((clear & SYN) !== 0 || (set & (ACK | RST | FIN)) !== 0) return false;
  return ((set | clear) & ~(FIN | SYN | RST | ACK)) === 0 ? true : undefined;
}
