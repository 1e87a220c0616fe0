/**
 * Whether a filter may mean SYNs that a listening socket refused. Nobody knows their headers, and where they
 * were only counted not even who sent them: a question about that has no answer, and what is not surely
 * something else is shown.
 */
import {
  type AddressNode,
  address4Of,
  address6Of,
  type FilterNode,
  type FlagsNode,
  type PortNode,
} from "../filter-language/index.ts";
import { FILTER_FIELDS } from "../model/fields/index.ts";
import type { RefusedEvent } from "../model/index.ts";
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
      return (event) =>
        decidedBy(
          deciding,
          parts.map((part) => part(event)),
        );
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
      return (event) => {
        const family = familyOf(event);
        return family === undefined ? undefined : family === (node.name === "ip" ? 4 : 6);
      };
    case "field":
      return (event) => fieldValue(event, node.word) === node.value;
    case "state":
      return ({ socket }) => socket.state === node.name;
    case "direction":
      return () => node.name === "rx";
    case "netns":
      return ({ device }) => (device?.netns === undefined ? undefined : device.netns === node.inode);
    case "reason":
    case "location":
      return () => false;
    default:
      return () => undefined;
  }
}

/** The value of the field that a word asks for. */
function fieldValue(event: RefusedEvent, word: string): unknown {
  return FILTER_FIELDS.get(word)?.get(event);
}

/** One answer decides; without it all must be known. */
function decidedBy(deciding: boolean, answers: readonly Known[]): Known {
  if (answers.includes(deciding)) return deciding;
  return answers.includes(undefined) ? undefined : !deciding;
}

/** Where SYNs were only counted, a listener of IPv6 may have taken those of IPv4 too. */
function familyOf({ flow }: RefusedEvent): 4 | 6 | undefined {
  return flow?.saddr !== undefined || flow?.ip === 4 ? flow.ip : undefined;
}

function atEnds(end: AddressNode["end"], source: Ask, destination: Ask): Ask {
  if (end === "src") return source;
  if (end === "dst") return destination;
  return (event) => decidedBy(end === "either", [source(event), destination(event)]);
}

function compilePort({ end, ranges }: PortNode): Ask {
  const inRanges = portSet(ranges);
  const known = (port: number | undefined): Known => (port === undefined ? undefined : inRanges(port));
  return atEnds(
    end,
    ({ flow }) => known(flow?.sport),
    ({ flow }) => known(flow?.dport),
  );
}

/** A listener at the unspecified address takes what comes to any. */
function compileAddress({ end, networks }: AddressNode): Ask {
  const [in4, in6] = [networkSet4(networks), networkSet6(networks)];
  const known = (address: string | undefined): Known => {
    if (address === undefined || address === "0.0.0.0" || address === "::") return undefined;
    const dotted = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
    return dotted === undefined ? in6(address6Of(address)) : in4(address4Of(dotted));
  };
  return atEnds(
    end,
    ({ flow }) => known(flow?.saddr),
    ({ flow }) => known(flow?.daddr),
  );
}

const [FIN, SYN, RST, ACK] = [1 << 0, 1 << 1, 1 << 2, 1 << 4];

/** A SYN has that flag, and neither ACK, RST nor FIN. */
function flagsOfSyn({ set, clear }: FlagsNode): Known {
  if ((clear & SYN) !== 0 || (set & (ACK | RST | FIN)) !== 0) return false;
  return ((set | clear) & ~(FIN | SYN | RST | ACK)) === 0 ? true : undefined;
}
