/** Names of drop reasons, from the running kernel's BTF: the numbers mean other things in other kernels. */
import { type Btf, findEnum, openModuleBtf } from "../btf/index.ts";

/** The high half of a reason code says whose it is, since Linux 6.4 (include/net/dropreason.h). */
const SUBSYSTEM_SHIFT = 16;

interface NameSource {
  readonly enumName: string;
  readonly prefix: RegExp;
  /** The module that carries the enum, unless the kernel itself does. */
  readonly module: string | undefined;
}

/**
 * Where each subsystem's names stand: net/mac80211/drop.h, net/openvswitch/drop.h,
 * include/net/dropreason-qdisc.h.
 */
const SUBSYSTEMS: ReadonlyMap<string, NameSource> = new Map([
  [
    "MAC80211_UNUSABLE",
    { enumName: "mac80211_drop_reason", prefix: /^RX_(DROP_)?(U_)?/, module: "mac80211" },
  ],
  ["MAC80211_MONITOR", { enumName: "mac80211_drop_reason", prefix: /^RX_(DROP_)?(M_)?/, module: "mac80211" }],
  ["OPENVSWITCH", { enumName: "ovs_drop_reason", prefix: /^OVS_DROP_/, module: "openvswitch" }],
  ["QDISC", { enumName: "qdisc_drop_reason", prefix: /^QDISC_DROP_/, module: undefined }],
]);

/** Ends of ranges and masks, which no skb is dropped for. */
const NO_REASON = /^(__|.*_DROP_MAX$|SKB_DROP_REASON_MAX$|SKB_DROP_REASON_SUBSYS_(MASK|NUM)$)/;

export interface ReasonName {
  /** Without its prefix; undefined where the kernel gives no name. */
  readonly name: string | undefined;
  /** "CORE", "OPENVSWITCH", ...; undefined where the kernel knows no such subsystem. */
  readonly subsystem: string | undefined;
}

type Names = ReadonlyMap<number, string>;

export class ReasonNames {
  readonly #btf: Btf;
  readonly #openModule: (module: string) => Btf | undefined;
  readonly #bySubsystem = new Map<number, Names>();
  readonly #problems: string[] = [];
  #coreNames: Names | undefined;
  #subsystemNames: Names | undefined;

  /**
   * `openModule` gives a module's BTF, where the kernel offers it. Nothing is read before the first question.
   */
  constructor(btf: Btf, openModule: (module: string) => Btf | undefined = () => undefined) {
    this.#btf = btf;
    this.#openModule = openModule;
  }

  /** With the names of those modules of the running kernel that are loaded. */
  static of(btf: Btf): ReasonNames {
    return new ReasonNames(btf, (module) => openModuleBtf(module, btf));
  }

  /** True where this kernel names reasons at all. */
  get known(): boolean {
    return this.core.size > 0;
  }

  /** Core reasons: code and name. */
  get core(): Names {
    this.#coreNames ??= this.#namesIn(
      this.#btf,
      "skb_drop_reason",
      /^SKB_DROP_REASON_/,
      "drops of the core show a number instead of a reason",
    );
    return this.#coreNames;
  }

  /**
   * All that have a name here, of modules too where these are loaded. What cannot be read is left out, and no
   * problem: nobody has dropped anything for it.
   */
  all(): Names {
    const problems = this.#problems.length;
    const others = [...this.#subsystems.keys()]
      .filter((high) => high !== 0)
      .flatMap((high) => [...this.#readNamesOf(high)]);
    this.#problems.length = problems;
    return new Map([...this.core, ...others]);
  }

  /** Names that were wanted and are not there; one sentence each, as far as codes have been asked for. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Never throws: what has no name is undefined, and why stands in `problems`. */
  decode(code: number): ReasonName {
    const high = code >>> SUBSYSTEM_SHIFT;
    if (high === 0) return { name: this.core.get(code), subsystem: "CORE" };
    return { name: this.#namesOf(high).get(code), subsystem: this.#subsystems.get(high) };
  }

  get #subsystems(): Names {
    this.#subsystemNames ??= this.#namesIn(
      this.#btf,
      "skb_drop_reason_subsys",
      /^SKB_DROP_REASON_SUBSYS_/,
      "the subsystem of a reason is unknown",
    );
    return this.#subsystemNames;
  }

  #namesOf(high: number): Names {
    const known = this.#bySubsystem.get(high);
    if (known !== undefined) return known;
    const names = this.#readNamesOf(high);
    this.#bySubsystem.set(high, names);
    return names;
  }

  #readNamesOf(high: number): Names {
    const subsystem = this.#subsystems.get(high);
    const source = subsystem === undefined ? undefined : SUBSYSTEMS.get(subsystem);
    if (source === undefined) {
      this.#problems.push(
        `Reasons of subsystem ${subsystem ?? high} have no names here: nothing is known of where the kernel keeps them.`,
      );
      return new Map();
    }
    const names = this.#namesIn(
      this.#btfWith(source),
      source.enumName,
      source.prefix,
      `drops of ${subsystem} show a number instead of a reason`,
    );
    // The kernel's enums carry the subsystem in their high half; one that does not is moved there.
    const whole = [...names.keys()].some((code) => code >>> SUBSYSTEM_SHIFT !== 0);
    return whole
      ? names
      : new Map([...names].map(([code, name]) => [((high << SUBSYSTEM_SHIFT) | code) >>> 0, name]));
  }

  /** The BTF of the module, where the subsystem is one and the kernel has not got its names itself. */
  #btfWith(source: NameSource): Btf {
    try {
      if (source.module === undefined || findEnum(this.#btf, source.enumName) !== undefined) return this.#btf;
      return this.#openModule(source.module) ?? this.#btf;
    } catch (failure) {
      this.#problems.push(`Cannot read the BTF of module ${source.module}: ${(failure as Error).message}`);
      return this.#btf;
    }
  }

  /**
   * Numbers and names of an enum. Without it, and with broken BTF: none, and a problem that ends in
   * `consequence`.
   */
  #namesIn(btf: Btf, enumName: string, prefix: RegExp, consequence: string): Names {
    const names = new Map<number, string>();
    try {
      const values = findEnum(btf, enumName);
      if (values === undefined)
        this.#problems.push(`This kernel's BTF has no enum ${enumName}: ${consequence}.`);
      for (const [name, value] of values ?? []) {
        if (!NO_REASON.test(name) && !names.has(value >>> 0))
          names.set(value >>> 0, name.replace(prefix, ""));
      }
    } catch (failure) {
      this.#problems.push(
        `Cannot read enum ${enumName} from this kernel's BTF: ${consequence}. ${(failure as Error).message}`,
      );
    }
    return names;
  }
}
