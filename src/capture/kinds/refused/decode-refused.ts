/** Records of refused SYNs: numbers and text. */
import { CheckedView } from "../../../bytes/checked-view.ts";
import { formatIpv4, formatIpv6 } from "../../../bytes/format-address.ts";
import { DecodeError } from "../../../errors.ts";
import { REFUSED_CAUSES, type RefusedCause } from "../../../event.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { checkRecord, demandOffsets, HEAD } from "../../core/record-reader.ts";
import { device } from "../../sections/device/device.ts";
import { flow } from "../../sections/flow/flow.ts";
import { LISTENER } from "../../sections/listener/listener.ts";
import { site } from "../../sections/site/site.ts";
import { socket } from "../../sections/socket/socket.ts";

const RECORD = "refused_record";

/** One SYN that a listener refused. */
export interface RefusedSyn {
  /** CLOCK_MONOTONIC. */
  readonly ktimeNs: bigint;
  readonly cause: RefusedCause;
  readonly ip: 4 | 6;
  readonly saddr: string;
  readonly daddr: string;
  readonly sport: number;
  readonly dport: number;
  readonly netns: number;
  readonly acceptQueue: number;
  readonly acceptQueueLimit: number;
  /** Absent where the listener has none yet. */
  readonly skCookie: bigint | undefined;
}

/** Decodes records of this layout out of one block of memory. A DecodeError where the bytes are no such record. */
export function refusedDecoder(
  data: Uint8Array,
  layout: RecordLayout<never>,
): (offset: number, length: number) => RefusedSyn {
  const view = new CheckedView(data);
  const atSite = demandOffsets(layout, site);
  const atFlow = demandOffsets(layout, flow);
  const atSocket = demandOffsets(layout, socket);
  const atDevice = demandOffsets(layout, device);
  const atListener = demandOffsets(layout, LISTENER);
  return (base, length) => {
    checkRecord(layout, RECORD, view, base, length);
    const ip = view.u8(base + atFlow.ipVersion);
    if (ip !== 4 && ip !== 6) throw new DecodeError(RECORD, atFlow.ipVersion, `IP version ${ip}`);
    const code = view.u32(base + atSite.reason);
    const cause = REFUSED_CAUSES[code];
    if (cause === undefined) throw new DecodeError(RECORD, atSite.reason, `cause ${code}`);
    const format = ip === 4 ? formatIpv4 : formatIpv6;
    return {
      ktimeNs: view.u64(base + HEAD.ktimeNs),
      cause,
      ip,
      saddr: format(data, base + atFlow.saddr),
      daddr: format(data, base + atFlow.daddr),
      sport: view.be16(base + atFlow.sport),
      dport: view.be16(base + atFlow.dport),
      netns: view.u32(base + atDevice.netnsInum),
      acceptQueue: view.u32(base + atListener.ackBacklog),
      acceptQueueLimit: view.u32(base + atListener.maxAckBacklog),
      skCookie: view.u64(base + atSocket.cookie) || undefined,
    };
  };
}
