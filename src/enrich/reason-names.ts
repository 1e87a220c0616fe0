/** Names of drop reasons, from the running kernel's BTF: the numbers mean other things in other kernels. */
import { type Btf, findEnum } from "../btf/index.ts";

/** The high half of a reason code says whose it is, since Linux 6.4 (include/net/dropreason.h). */
const SUBSYSTEM_SHIFT = 16;

/** Where each subsystem's names stand: the enum, its prefix, and the module that may carry it. */
const SUBSYSTEMS: Readonly<Record<string, { readonly enumName: string; readonly prefix: RegExp; readonly module: string }>> = {
  MAC80211_UNUSABLE: { enumName: "mac80211_drop_reason", prefix: /^RX_(DROP_)?(U_)?/, module: "mac80211" },
  MAC80211_MONITOR: { enumName: "mac80211_drop_reason", prefix: /^RX_(DROP_)?(M_)?/, module: "mac80211" },
  OPENVSWITCH: { enumName: "ovs_drop_reason", prefix: /^OVS_DROP_/, module: "openvswitch" },
  QDISC: { enumName: "qdisc_drop_reason", prefix: /^QDISC_DROP_/, module: "vmlinux" },
};

export interface ReasonName {
  /** Without its prefix; undefined where the kernel gives no name. */
  readonly name: string | undefined;
  readonly subsystem: string | undefined;
}

export class ReasonNames {
  readonly #btf: Btf;
  readonly #openModule: (module: string) => Btf | undefined;
  readonly #core: ReadonlyMap<number, string>;
  readonly #subsystems: ReadonlyMap<number, string>;
  readonly #bySubsystem = new Map<number, ReadonlyMap<number, string>>();

  /** `openModule` gives a module's BTF, where the kernel offers it. */
  constructor(btf: Btf, openModule: (module: string) => Btf | undefined) {
    this.#btf = btf;
    this.#openModule = openModule;
    this.#core = byNumber(findEnum(btf, "skb_drop_reason"), /^SKB_DROP_REASON_/, ["SKB_DROP_REASON_MAX", "SKB_DROP_REASON_SUBSYS_MASK"]);
    this.#subsystems = byNumber(findEnum(btf, "skb_drop_reason_subsys"), /^SKB_DROP_REASON_SUBSYS_/, ["SKB_DROP_REASON_SUBSYS_NUM"]);
  }

  /** True where this kernel names reasons at all. */
  get known(): boolean {
    return this.#core.size > 0;
  }

  /** Core reasons: code and name. */
  get core(): ReadonlyMap<number, string> {
    return this.#core;
  }

  decode(code: number): ReasonName {
    const high = code >>> SUBSYSTEM_SHIFT;
    if (high === 0) return { name: this.#core.get(code), subsystem: this.#subsystems.get(0) ?? "CORE" };
    return { name: this.#names(high).get(code), subsystem: this.#subsystems.get(high) };
  }

  #names(high: number): ReadonlyMap<number, string> {
    const known = this.#bySubsystem.get(high);
    if (known !== undefined) return known;
    const source = SUBSYSTEMS[this.#subsystems.get(high) ?? ""];
    let names: ReadonlyMap<number, string> = new Map();
    if (source !== undefined) {
      const values = findEnum(this.#btf, source.enumName) ?? findEnum(this.#openModule(source.module) ?? this.#btf, source.enumName);
      names = byNumber(values, source.prefix, []);
    }
    this.#bySubsystem.set(high, names);
    return names;
  }
}

function byNumber(values: ReadonlyMap<string, number> | undefined, prefix: RegExp, leftOut: readonly string[]): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [name, value] of values ?? []) if (!leftOut.includes(name) && !name.startsWith("__")) names.set(value >>> 0, name.replace(prefix, ""));
  return names;
}
