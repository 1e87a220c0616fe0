/**
 * Runs filters on the running kernel, by BPF_PROG_TEST_RUN, over packets that a test gives: the real header
 * walk and the real filter code over an sk_buff of our own, which lies in a map with the packet's bytes
 * behind it. Its `head` is the address of these, which bpf_probe_read_kernel reads as it reads that of any
 * skb.
 */
import assert from "node:assert/strict";
import { BpfMap, Builder, indexKey, KernelTypes, type MapSpec, Program, Scalar } from "../../../bpf/index.ts";
import { kernelBtf, sys, testRun } from "../../../bpf/run-program.test.kit.ts";
import { be16 } from "../../../bytes/endian.ts";
import { bytes, type StructValue, struct, u8, u32, u64 } from "../../../bytes/struct.ts";
import type { FilterNode, OwnerNode } from "../../../filter-language/index.ts";
import { possibleCpus } from "../../../host/cpus.ts";
import { ETH_P_IP, ETH_P_IPV6 } from "../../../sys/macros.ts";
import { Scope } from "../../../sys/scope.ts";
import { type FlowEvent, flow } from "../../sections/flow/flow.ts";
import { facts } from "../facts.ts";
import { HeaderReader } from "../header-reader.ts";
import { kernelSock, skBuff } from "../kernel-structs.ts";
import { PacketWalk } from "../packet-walk.ts";
import { KIND } from "../record-head.ts";
import { recordLayout } from "../record-layout.ts";
import { RecordWriter, recordRoom } from "../record-writer.ts";
import { transitDevice } from "../transit.ts";
import { uses } from "./branch.ts";
import { FilterCode, type FilterContext } from "./filter-code.ts";
import { allNetworkMaps, fillNetworkMap, networkMaps } from "./network-maps.ts";
import { branchOnWhole } from "./possible.ts";

const kernel = new KernelTypes(kernelBtf);
const CPUS = possibleCpus();
const MAX_PACKET = 512;
const SKB_BYTES = 8 * Math.ceil(kernel.sizeOf("sk_buff") / 8);
/** Before the skb: what a program found, and what it is given. */
const OFFSETS = { result: 0, reason: 8, location: 16, skb: 24 } as const;
const PACKET_AT = OFFSETS.skb + SKB_BYTES;

const input: MapSpec = {
  name: "filter_input",
  kind: "array",
  keySize: 4,
  valueSize: PACKET_AT + MAX_PACKET,
  maxEntries: 1,
};
/** This CPU's memory: facts, what other sections would hold, and the record with the addresses. */
const cpuMemory = struct("filter_cpu", facts.size + 48 + transitDevice.size, {
  facts: bytes(0, facts.size),
  ifname: bytes(facts.size, 16),
  ifindex: u32(facts.size + 16),
  state: u8(facts.size + 20),
  uid: u32(facts.size + 24),
  hasUid: u32(facts.size + 28),
  cgroup: u64(facts.size + 32),
  answers: u64(facts.size + 40),
  transit: bytes(facts.size + 48, transitDevice.size),
});
const layout = recordLayout<FlowEvent>(KIND.drop, [flow]);
const memory: MapSpec = {
  name: "filter_cpu",
  kind: "percpu-array",
  keySize: 4,
  valueSize: cpuMemory.size + recordRoom(layout),
  maxEntries: 1,
};

export interface Given {
  /** From the IP header on: what is in the linear part. */
  readonly bytes: Uint8Array;
  /** Bytes that the whole packet has. */
  readonly totalLength: number;
  readonly family: 4 | 6;
  readonly mark?: number;
  readonly reasonCode?: number | undefined;
  readonly location?: bigint;
  /** What the program would have found by then. */
  readonly facts?: Partial<StructValue<(typeof facts)["fields"]>> | undefined;
  readonly state?: number | undefined;
  readonly ifname?: Uint8Array | undefined;
  readonly ifindex?: number | undefined;
  readonly transit?: Uint8Array | undefined;
  readonly uid?: number | undefined;
  readonly cgroup?: bigint | undefined;
  /** What user space answered for the owner: bits of ANSWER. */
  readonly answers?: bigint | undefined;
}

const FOUND = ["not a segment", "accepted", "not accepted", "rejected", "not readable"] as const;
export type Found = (typeof FOUND)[number];

/** Kernel memory for programs, one after another. */
export class FilterBench implements Disposable {
  readonly #scope = new Scope();
  readonly #input = this.#scope.own(BpfMap.create(sys, input, CPUS));
  readonly #memory = this.#scope.own(BpfMap.create(sys, memory, CPUS));

  /** A simplified tree. What it throws is what a tracer would throw. */
  load(tree: FilterNode, answers: readonly OwnerNode[] = []): LoadedFilter {
    const scope = new Scope();
    try {
      const maps = networkMaps([tree]);
      const made = allNetworkMaps(maps).map(({ spec, networks }) => {
        const map = scope.own(BpfMap.create(sys, spec, CPUS));
        fillNetworkMap(map, networks);
        return [spec, map] as const;
      });
      const spec = filterProgram(tree, maps, answers);
      const program = scope.own(
        Program.load(
          sys,
          spec,
          kernelBtf,
          new Map<MapSpec, BpfMap>([[input, this.#input], [memory, this.#memory], ...made]),
        ),
      );
      return {
        program,
        run: (given) => this.#run(program, given),
        [Symbol.dispose]: () => scope[Symbol.dispose](),
      };
    } catch (failure) {
      scope[Symbol.dispose]();
      throw failure;
    }
  }

  #run(program: Program, given: Given): Found {
    const { ifname = new Uint8Array(), ifindex = 0, state = 0, transit = new Uint8Array() } = given;
    const { uid, cgroup = 0n, answers = 0n } = given;
    const known = cpuMemory.encode({
      facts: facts.encode(given.facts ?? {}),
      ifname,
      ifindex,
      state,
      transit,
      uid: uid ?? 0,
      hasUid: uid === undefined ? 0 : 1,
      cgroup,
      answers,
    });
    this.#memory.update(indexKey(0), Buffer.concat([known], memory.valueSize));
    this.#input.update(indexKey(0), inputOf(given));
    testRun(program, []);
    const [value] = this.#input.lookup(indexKey(0)) ?? [];
    return FOUND[Number(value?.u64(OFFSETS.result) ?? 99n)] ?? assert.fail("a result that no program writes");
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

export interface LoadedFilter extends Disposable {
  readonly program: Program;
  run(given: Given): Found;
}

function inputOf({ bytes, totalLength, family, mark, reasonCode, location }: Given): Uint8Array {
  const value = new Uint8Array(input.valueSize);
  const words = new BigUint64Array(value.buffer, 0, OFFSETS.skb / 8);
  const set = (field: string, number: number, size: 2 | 4): void => {
    const at = OFFSETS.skb + kernel.offsetOf("sk_buff", field);
    if (size === 2) new Uint16Array(value.buffer, at, 1)[0] = number;
    else new Uint32Array(value.buffer, at, 1)[0] = number;
  };
  words[OFFSETS.reason / 8] = BigInt(reasonCode ?? 0xffff);
  words[OFFSETS.location / 8] = location ?? 1n;
  set("len", totalLength, 4);
  set("mark", mark ?? 0, 4);
  set("tail", HEADROOM + bytes.length, 4);
  set("network_header", HEADROOM, 2);
  set("protocol", be16(family === 4 ? ETH_P_IP : ETH_P_IPV6), 2);
  value.set(bytes.subarray(0, MAX_PACKET - HEADROOM), PACKET_AT + HEADROOM);
  return value;
}

/** Bytes before the IP header, as there always are. */
const HEADROOM = 16;

function filterProgram(
  tree: FilterNode,
  maps: ReturnType<typeof networkMaps>,
  answers: readonly OwnerNode[],
) {
  const b = new Builder();
  const value = b.pin(b.lookupIndex(input, 0), "input");
  b.leaveIf(value.isZero());
  const cpu = b.memory(cpuMemory, b.pin(b.lookupIndex(memory, 0), "filter_cpu"));
  b.leaveIf(cpu.address.isZero());
  const at = b.pin(value.add(OFFSETS.skb), "skb");
  const skb = kernel.point(skBuff, at.expression, "direct");
  const load = (offset: number, comment: string): Scalar => b.loadFrom(8, value, offset, comment);
  b.store(8, at, kernel.offsetOf("sk_buff", "head"), value.add(PACKET_AT), "skb->head =");
  b.store(8, at, kernel.offsetOf("sk_buff", "data"), value.add(PACKET_AT + HEADROOM), "skb->data =");
  const exits = { notLinear: b.label("not_linear"), notHeader: b.label("not_header") };
  const found = cpu.inside("facts", facts);
  const walk = new PacketWalk(b, skb, found, new HeaderReader(b, skb, "probe"), exits);
  walk.findSegment();
  walk.readTcpHeader();
  const record = new RecordWriter(b, layout, { address: cpu.address, offset: cpuMemory.size });
  const event: FilterContext & FlowEvent = {
    b,
    kernel,
    access: "probe",
    skb,
    owner: kernelSock(kernel, Scalar.constant(0)),
    isLocal: true,
    facts: found,
    ip: walk.ip,
    tcp: walk.tcp,
    reason: load(OFFSETS.reason, "reason"),
    countFiltered: () => undefined,
    asked: {
      addresses: () => record.demand(flow, { ...event, owner: undefined }),
      state: () => cpu.get("state"),
      interface: () => cpu,
      transit: () => cpu.inside("transit", transitDevice),
      uid: () => ({ uid: cpu.get("uid"), isKnown: cpu.get("hasUid").notZero() }),
      // The ancestors of a real one are tested with real drops.
      isInCgroup: ({ id }) => cpu.get("cgroup").eq(id),
      answers: () => cpu.get("answers"),
    },
  };
  if (uses(tree, "address")) event.asked.addresses();
  const code = new FilterCode(
    event,
    {
      text: "",
      early: undefined,
      late: undefined,
      weak: undefined,
      answers,
      told: [],
      optional: false,
      maps,
    },
    b.reserve("searched"),
  );
  const [yes, no, reject] = [b.label("yes"), b.label("no"), b.label("reject")];
  branchOnWhole(code, tree, { yes, no, reject, next: "yes" });
  for (const [index, label] of [yes, no, reject, exits.notLinear, exits.notHeader].entries()) {
    b.bind(label);
    b.store(8, value, OFFSETS.result, Math.min(index + 1, 4), "result =");
    // Always taken; but not every tree can lead to each of these labels.
    b.leaveIf(Scalar.constant(0).isZero());
  }
  return {
    name: "filter",
    attach: { kind: "raw_tp", tracepoint: "sched_switch" },
    ...b.finish(),
    license: "Dual MIT/GPL",
  } as const;
}
