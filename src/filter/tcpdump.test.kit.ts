/** What libpcap says: tcpdump over a file of packets that begin with their IP headers (LINKTYPE_RAW). */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Packet } from "./packets.test.kit.ts";

/** https://www.tcpdump.org/linktypes.html */
const LINKTYPE_RAW = 101;
const SNAPLEN = 65_535;

/** A reason to skip. */
export const needsTcpdump: string | false =
  spawnSync("tcpdump", ["--version"]).status === 0 ? false : "needs tcpdump: tools/install-test-tools.sh";

export class Capture implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "tcpdrop-pcap-"));
  readonly #path = join(this.#folder, "packets.pcap");

  /** A packet's place in the list is its time stamp, which tells it from the others. */
  constructor(packets: readonly Packet[]) {
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(SNAPLEN, 16);
    header.writeUInt32LE(LINKTYPE_RAW, 20);
    writeFileSync(this.#path, Buffer.concat([header, ...packets.flatMap(record)]));
  }

  /**
   * The places of the packets that the expression accepts, or why libpcap takes no such expression.
   * `optimized`: by the program that tcpdump would really run.
   */
  accepted(expression: string, optimized = false): ReadonlySet<number> | string {
    const words = [...(optimized ? [] : ["-O"]), "-r", this.#path, "-w", "-", "--", expression];
    const { status, stdout, stderr } = spawnSync("tcpdump", words, { maxBuffer: 1 << 27 });
    if (status !== 0)
      return (
        stderr
          .toString()
          .split("\n")
          .find((line) => line.startsWith("tcpdump: ")) ?? stderr.toString()
      );
    const places = new Set<number>();
    for (let at = 24; at < stdout.length; at += 16 + stdout.readUInt32LE(at + 8))
      places.add(stdout.readUInt32LE(at));
    return places;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

function record({ bytes, totalLength }: Packet, place: number): readonly Uint8Array[] {
  assert(bytes.length <= totalLength && totalLength <= SNAPLEN);
  const header = Buffer.alloc(16);
  header.writeUInt32LE(place, 0);
  header.writeUInt32LE(bytes.length, 8);
  header.writeUInt32LE(totalLength, 12);
  return [header, bytes];
}
