/** Programs that the advice names, and the packages that have them. Nothing is run: they are looked for in PATH. */
import { accessSync, constants } from "node:fs";

export interface AdviceTool {
  readonly name: string;
  /** Of Debian and Ubuntu; most other distributions call it the same. */
  readonly package: string;
}

export const ADVICE_TOOLS: readonly AdviceTool[] = [
  { name: "ss", package: "iproute2" },
  { name: "ip", package: "iproute2" },
  { name: "tc", package: "iproute2" },
  { name: "nstat", package: "iproute2" },
  { name: "nft", package: "nftables" },
  { name: "iptables-save", package: "iptables" },
  { name: "ethtool", package: "ethtool" },
  { name: "tcpdump", package: "tcpdump" },
  { name: "conntrack", package: "conntrack" },
  { name: "tracepath", package: "iputils-tracepath" },
  { name: "sysctl", package: "procps" },
  { name: "bpftool", package: "bpftool" },
];

/** Where root finds programs, though the PATH of a service may lack them. */
const SBIN = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

/** Those that are not there. */
export function missingTools(path = process.env["PATH"] ?? ""): readonly AdviceTool[] {
  const folders = [...new Set([...path.split(":"), ...SBIN])].filter((folder) => folder.startsWith("/"));
  return ADVICE_TOOLS.filter(({ name }) => !folders.some((folder) => isProgram(`${folder}/${name}`)));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
