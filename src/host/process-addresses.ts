/** The addresses of a process's network namespace, from its files in /proc: nothing is entered. */
import { formatIpv6 } from "../bytes/format-address.ts";
import { readProcStart } from "./owner/hostile-file.ts";
import { withProcess } from "./owner/process-facts.ts";

/** More of a file is not read: a namespace with more addresses is a router. */
const MAX_BYTES = 1 << 20;
/** RT_SCOPE_UNIVERSE, as /proc/net/if_inet6 writes it. */
const UNIVERSE = "00";

/**
 * Addresses of both families that other hosts may send to: neither loopback nor of a link alone. Undefined
 * where the process has ended. Never throws.
 */
export function readProcessAddresses(pid: number, root = "/"): readonly string[] | undefined {
  return withProcess(pid, root, (folder) => {
    const routes = readProcStart(`${folder}/net/fib_trie`, MAX_BYTES);
    const inet6 = readProcStart(`${folder}/net/if_inet6`, MAX_BYTES);
    if (routes === undefined && inet6 === undefined) return undefined;
    return [...new Set([...localRoutes(routes ?? ""), ...globalAddresses(inet6 ?? "")])];
  });
}

/** fib_trie_seq_show in net/ipv4/fib_trie.c: "|-- ADDRESS", and below it "/32 host LOCAL" for an own one. */
function localRoutes(text: string): readonly string[] {
  const found: string[] = [];
  let address: string | undefined;
  for (const line of text.split("\n")) {
    const leaf = /^ *\|-- (\d{1,3}(?:\.\d{1,3}){3})$/.exec(line)?.[1];
    if (leaf !== undefined) address = leaf;
    else if (address !== undefined && /^ *\/32 host LOCAL/.test(line) && !isOfHostOrLink(address))
      found.push(address);
  }
  return found;
}

function isOfHostOrLink(address: string): boolean {
  return address.startsWith("127.") || address.startsWith("169.254.");
}

/** if6_seq_show in net/ipv6/addrconf.c: ADDRESS INDEX PREFIX SCOPE FLAGS NAME, in hexadecimal. */
function globalAddresses(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const [, hex, scope] = /^([0-9a-f]{32}) [0-9a-f]+ [0-9a-f]+ ([0-9a-f]{2}) /.exec(line) ?? [];
    return hex === undefined || scope !== UNIVERSE ? [] : [formatIpv6(Buffer.from(hex, "hex"), 0)];
  });
}
