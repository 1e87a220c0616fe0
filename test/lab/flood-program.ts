/**
 * The XDP program that turns each frame of a flood into a different segment, and passes it to the stack.
 *
 * What differs is written twice, plain and inverted: seq and ~seq (as the ack number), the source port and
 * ~port (as the window). A word and its inverse add up to nothing in ones' complement (RFC 1071), so one
 * checksum is right for every segment.
 */
import { Builder, type MapSpec, type ProgramSpec, Scalar } from "../../src/bpf/index.ts";
import { ETHERNET_BYTES, TCP_BYTES } from "../../src/lab/packet.ts";
import * as uapi from "../../src/sys/uapi.gen.ts";

/** One value: the number of segments made. */
export const FLOOD_COUNT: MapSpec = {
  name: "flood_count",
  kind: "array",
  keySize: 4,
  valueSize: 8,
  maxEntries: 1,
};

export interface FloodSegments {
  readonly family: 4 | 6;
  /** The first sequence number; it rises by one with each segment. */
  readonly firstSeq: number;
  readonly sourcePort: number;
  /** Segments cycle through this many source ports from `sourcePort` on: a power of two. */
  readonly sourcePorts: number;
}

/** The ack number and the window of the segment with this sequence number and source port. */
export const inverse32 = (seq: number): number => ~seq >>> 0;
export const inverse16 = (port: number): number => ~port & 0xffff;

export function floodProgram({ family, firstSeq, sourcePort, sourcePorts }: FloodSegments): ProgramSpec {
  const b = new Builder();
  const context = b.pin(b.context, "context");
  const action = b.variable("action");
  b.set(action, uapi.XDP_DROP);
  const count = b.pin(b.lookupIndex(FLOOD_COUNT, 0), "count");
  b.leaveIf(count.isZero());
  const { data, dataEnd } = uapi.xdpMd.fields;
  const frame = b.pin(b.loadFrom(4, context, data.offset, "data"), "data");
  const end = b.pin(b.loadFrom(4, context, dataEnd.offset, "data_end"), "data_end");
  const tcp = ETHERNET_BYTES + (family === 4 ? 20 : 40);
  b.leaveIf(frame.add(tcp + TCP_BYTES).gt(end));
  const index = b.keep(b.loadFrom(8, count, 0, "count"), "index");
  b.store(8, count, 0, index.add(1), "count += 1");

  const port = b.keep(index.and(sourcePorts - 1).add(sourcePort), "port");
  const seq = b.keep(index.add(firstSeq), "seq");
  // Swapping is its own inverse, and bits above the width are dropped.
  b.store(2, frame, tcp, port.fromBigEndian(16), "source");
  b.store(4, frame, tcp + 4, seq.fromBigEndian(32), "seq");
  b.store(4, frame, tcp + 8, Scalar.constant(0xffff_ffff).sub(seq).fromBigEndian(32), "ack_seq = ~seq");
  b.store(2, frame, tcp + 14, Scalar.constant(0xffff).sub(port).fromBigEndian(16), "window = ~source");
  b.set(action, uapi.XDP_PASS);
  return { name: "flood", attach: { kind: "xdp" }, ...b.finish(action), license: "Dual MIT/GPL" };
}
