/** BPF maps: created from a MapSpec, read and written from user space. */
import { ByteReader } from "../bytes/byte-reader.ts";
import { BuildError, UnsupportedError } from "../errors.ts";
import { check, ERRNO, syscallError } from "../sys/errno.ts";
import { OwnedFd } from "../sys/fd.ts";
import type { Scope } from "../sys/scope.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import * as uapi from "../sys/uapi.gen.ts";
import type { MapKind, MapSpec } from "./map-spec.ts";
import { memlockError, withMemlockRaised } from "./memlock.ts";

const TYPE: Readonly<Record<MapKind, number>> = {
  array: uapi.BPF_MAP_TYPE_ARRAY,
  "percpu-array": uapi.BPF_MAP_TYPE_PERCPU_ARRAY,
  hash: uapi.BPF_MAP_TYPE_HASH,
  "percpu-hash": uapi.BPF_MAP_TYPE_PERCPU_HASH,
  "lru-hash": uapi.BPF_MAP_TYPE_LRU_HASH,
  "lpm-trie": uapi.BPF_MAP_TYPE_LPM_TRIE,
  "ring-buffer": uapi.BPF_MAP_TYPE_RINGBUF,
};

/** Names of kernel objects are at most 15 bytes and a NUL, of [A-Za-z0-9_.]. */
export function objectName(name: string): Uint8Array {
  return new TextEncoder().encode(name.replaceAll(/[^A-Za-z0-9_.]/g, "_").slice(0, 15));
}

export class BpfMap implements Disposable {
  readonly spec: MapSpec;
  readonly #sys: Syscalls;
  readonly #owned: OwnedFd;
  /** Per-CPU maps return one value for each possible CPU, each padded to 8 bytes. */
  readonly #possibleCpus: number;

  private constructor(sys: Syscalls, spec: MapSpec, owned: OwnedFd, possibleCpus: number) {
    this.#sys = sys;
    this.spec = spec;
    this.#owned = owned;
    this.#possibleCpus = possibleCpus;
  }

  /** The maps of a program, by spec. `scope` owns them, even if creating one of them fails. */
  static createAll(
    sys: Syscalls,
    scope: Scope,
    specs: readonly MapSpec[],
    possibleCpus: number,
  ): Map<MapSpec, BpfMap> {
    return new Map(specs.map((spec) => [spec, scope.own(BpfMap.create(sys, spec, possibleCpus))]));
  }

  /** `possibleCpus` is the number of CPUs in /sys/devices/system/cpu/possible. */
  static create(sys: Syscalls, spec: MapSpec, possibleCpus: number): BpfMap {
    const attr = uapi.bpfAttrMapCreate.encode({
      mapType: TYPE[spec.kind],
      keySize: spec.keySize,
      valueSize: spec.valueSize,
      maxEntries: spec.maxEntries,
      // Tries cannot be preallocated: trie_alloc(), kernel/bpf/lpm_trie.c.
      mapFlags: spec.kind === "lpm-trie" ? uapi.BPF_F_NO_PREALLOC : 0,
      mapName: objectName(spec.name),
    });
    const what = `Cannot create the ${spec.kind} map ${spec.name}`;
    const result = withMemlockRaised(sys, () => sys.bpf(uapi.BPF_MAP_CREATE, attr));
    if (result < 0)
      throw (
        memlockError(sys, -result, what) ??
        ringBufferMissing(sys, spec, result) ??
        syscallError(-result, "bpf(BPF_MAP_CREATE)", what)
      );
    const fd = result;
    return new BpfMap(sys, spec, new OwnedFd(sys, fd, `map ${spec.name}`), possibleCpus);
  }

  get fd() {
    return this.#owned.fd;
  }

  get #isPerCpu(): boolean {
    return this.spec.kind === "percpu-array" || this.spec.kind === "percpu-hash";
  }

  /** How many values an entry has, and their distance in bytes. */
  get #copies(): number {
    return this.#isPerCpu ? this.#possibleCpus : 1;
  }
  get #stride(): number {
    return this.#isPerCpu ? Math.ceil(this.spec.valueSize / 8) * 8 : this.spec.valueSize;
  }

  /**
   * The value of a key: one reader for each possible CPU in a per-CPU map, else one. Undefined if the key is
   * absent.
   */
  lookup(key: Uint8Array): readonly ByteReader[] | undefined {
    const [copies, stride] = [this.#copies, this.#stride];
    const value = new Uint8Array(copies * stride);
    const result = this.#element(uapi.BPF_MAP_LOOKUP_ELEM, key, value);
    if (result === -ERRNO.ENOENT) return undefined;
    check(result, "bpf(BPF_MAP_LOOKUP_ELEM)", `Cannot read the map ${this.spec.name}`);
    return Array.from(
      { length: copies },
      (_unused, cpu) =>
        new ByteReader(value.subarray(cpu * stride, cpu * stride + this.spec.valueSize), this.spec.name),
    );
  }

  /** Writes a value; in a per-CPU map the same one for each CPU. */
  update(key: Uint8Array, value: Uint8Array): void {
    const { name, valueSize } = this.spec;
    if (value.byteLength !== valueSize)
      throw new BuildError(`The map ${name} has values of ${valueSize} bytes, not ${value.byteLength}`);
    const values = new Uint8Array(this.#copies * this.#stride);
    for (let cpu = 0; cpu < this.#copies; cpu += 1) values.set(value, cpu * this.#stride);
    check(
      this.#element(uapi.BPF_MAP_UPDATE_ELEM, key, values),
      "bpf(BPF_MAP_UPDATE_ELEM)",
      `Cannot write the map ${this.spec.name}`,
    );
  }

  /** False if the key was absent. */
  delete(key: Uint8Array): boolean {
    const result = this.#element(uapi.BPF_MAP_DELETE_ELEM, key, new Uint8Array(0));
    if (result === -ERRNO.ENOENT) return false;
    check(result, "bpf(BPF_MAP_DELETE_ELEM)", `Cannot delete from the map ${this.spec.name}`);
    return true;
  }

  /** All keys in turn; keys that are added or deleted meanwhile may or may not be among them. */
  *keys(): Generator<Uint8Array> {
    let previous: Uint8Array | undefined;
    for (;;) {
      const next = new Uint8Array(this.spec.keySize);
      const attr = uapi.bpfAttrMapElement.encode({
        mapFd: this.fd,
        key: previous === undefined ? 0n : this.#sys.addressOf(previous),
        value: this.#sys.addressOf(next),
      });
      const result = this.#sys.bpf(uapi.BPF_MAP_GET_NEXT_KEY, attr);
      if (result === -ERRNO.ENOENT) return;
      check(result, "bpf(BPF_MAP_GET_NEXT_KEY)", `Cannot list the map ${this.spec.name}`);
      yield next;
      previous = next;
    }
  }

  #element(command: number, key: Uint8Array, value: Uint8Array): number {
    const { name, keySize } = this.spec;
    // The kernel reads and writes as many bytes as the map says, whatever the length of our buffers.
    if (key.byteLength !== keySize)
      throw new BuildError(`The map ${name} has keys of ${keySize} bytes, not ${key.byteLength}`);
    const attr = uapi.bpfAttrMapElement.encode({
      mapFd: this.fd,
      key: this.#sys.addressOf(key),
      value: value.byteLength === 0 ? 0n : this.#sys.addressOf(value),
    });
    return this.#sys.bpf(command, attr);
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}

/** EINVAL for a ring buffer of a valid size: the kernel does not know the map type. */
function ringBufferMissing(
  sys: Syscalls,
  { kind, maxEntries }: MapSpec,
  result: number,
): UnsupportedError | undefined {
  const sizeRight = maxEntries >= sys.pageSize() && (maxEntries & (maxEntries - 1)) === 0;
  if (kind !== "ring-buffer" || result !== -ERRNO.EINVAL || !sizeRight) return undefined;
  return new UnsupportedError(
    "This kernel has no BPF ring buffer, which carries the records",
    "ring buffer",
    {
      since: "5.8",
      hint: "Use Linux 5.8 or later.",
    },
  );
}

/**
 * The 4-byte key of an array entry.
 *
 * @example
 * ```ts
 * import { indexKey } from "tcpdrop/ebpf";
 *
 * console.log(indexKey(0));
 * // prints: Uint8Array(4) [ 0, 0, 0, 0 ]
 * ```
 */
export function indexKey(index: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(index).buffer);
}
