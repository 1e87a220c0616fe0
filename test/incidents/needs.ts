/**
 * Why an incident cannot be built here. The packages of tools/install-test-tools.sh have the programs; where
 * the kernel was built with what they need, there is no excuse.
 */
import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { gunzipSync } from "node:zlib";
import { type Feature, missing } from "../kernel/scenarios/features.ts";
import type { Incident } from "./incident.ts";

/** What the kernel must be built with, as a part of it or as a module. */
const CONFIG: Readonly<Partial<Record<Feature, string>>> = {
  nft: "CONFIG_NF_TABLES",
  "nft-ct": "CONFIG_NFT_CT",
  "nft-numgen": "CONFIG_NFT_NUMGEN",
  "iptables-legacy": "CONFIG_IP_NF_FILTER",
  "iptables-comment": "CONFIG_NETFILTER_XT_MATCH_COMMENT",
  tbf: "CONFIG_NET_SCH_TBF",
  vxlan: "CONFIG_VXLAN",
};

export interface Lack {
  /** For the skip. */
  readonly why: string;
  /** The kernel is known to lack it. */
  readonly excused: boolean;
}

export function lackOf(incident: Incident): Lack | undefined {
  for (const feature of incident.needs ?? []) {
    const why = missing(feature);
    if (why === undefined) continue;
    const option = CONFIG[feature];
    const excused = option !== undefined && kernelLacks(option);
    return { why: `this kernel lacks ${feature}: ${why}`, excused };
  }
  return undefined;
}

/** Whether its configuration can be read, and has no such option. */
export function kernelLacks(option: string): boolean {
  const config = kernelConfig();
  return config !== undefined && !new RegExp(`^${option}=[ym]$`, "m").test(config);
}

function kernelConfig(): string | undefined {
  const inBoot = `/boot/config-${release()}`;
  if (existsSync(inBoot)) return readFileSync(inBoot, "latin1");
  return existsSync("/proc/config.gz")
    ? gunzipSync(readFileSync("/proc/config.gz")).toString("latin1")
    : undefined;
}
