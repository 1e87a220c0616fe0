/** A record that has all there is, for tests of what is read. */
import { be16, HOST_LITTLE_ENDIAN } from "../bytes/endian.ts";
import { ADDRESS_SOURCE, DIRECTION } from "../capture/core/facts.ts";
import { HOOK } from "../capture/core/record-head.ts";
import type { RecordValues } from "./records.test.kit.ts";

export const text = (name: string): Uint8Array => new TextEncoder().encode(name);
/** The value as the host reads the bytes that a packet has. */
export const be32 = (value: number): number => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, false);
  return view.getUint32(0, HOST_LITTLE_ENDIAN);
};

export const FULL: RecordValues = {
  ktimeNs: 0x1234_5678_9abc_def0n,
  location: 0xffff_ffff_8123_4567n,
  cookie: 77n,
  dstInput: 0n,
  reason: 0x3_0002,
  hasReason: 1,
  hasPorts: 1,
  hook: HOOK.tcp_drop,
  cpu: 3,
  tid: 101,
  tgid: 100,
  skbLen: 1500,
  mark: 0xffff_ffff,
  netnsInum: 0xf000_0000,
  ifindex: 4,
  ipTotalLen: 1040,
  seq: be32(0xfffe_0102),
  ack: be32(7),
  sport: be16(443),
  dport: be16(51_234),
  window: be16(0xfffe),
  gsoSegs: 2,
  ipVersion: 4,
  direction: DIRECTION.rx,
  state: 1,
  tcpFlags: 0x12,
  addressSource: ADDRESS_SOURCE.inner,
  ipHeaderLen: 20,
  tcpHeaderLen: 32,
  hasTcp: 1,
  l3Len: 1046,
  saddr: Uint8Array.of(192, 0, 2, 1),
  daddr: Uint8Array.of(198, 51, 100, 2),
  comm: text("nginx: worker 1"),
  ifname: text("eth0"),
};
export const FRAMES = [0xffff_ffff_8100_0001n, 0xffff_ffff_8100_0002n];
