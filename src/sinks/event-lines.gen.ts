/**
 * Lines of JSON for events, written out. Rendered from src/model/fields by tools/render-fields.ts: change these.
 */
import type { Event, Kind } from "../model/index.ts";
import type { EventSteps } from "./event-steps.ts";
import {
  writeDecimal,
  writeGroup,
  writeInteger,
  writeList,
  writePlain,
  writeText,
  writeTime,
  writeWord,
} from "./json-values.ts";
import type { Writer } from "./writer.ts";

/** Of a line up to its closing brace. */
export const EVENT_WRITERS: Readonly<Record<Kind, (steps: EventSteps) => Writer<Event>>> = {
  drop: dropWriter,
  refused: refusedWriter,
};

function dropWriter(steps: EventSteps): Writer<Event> {
  const s0 = steps.take("integer", "id");
  const s1 = steps.take("time", "time");
  const s2 = steps.take("decimal", "ktime_ns");
  const s3 = steps.take("group", "task");
  const s3_steps = steps.of(s3);
  const s3_0 = s3_steps.take("integer", "cpu");
  const s3_1 = s3_steps.take("integer", "cpu_pid");
  const s3_2 = s3_steps.take("integer", "cpu_tid");
  const s3_3 = s3_steps.take("text", "cpu_comm");
  const s3_fields: Writer<Event> = (event, out) => {
    writeInteger(s3_0, s3_0.get(event), out);
    writeInteger(s3_1, s3_1.get(event), out);
    writeInteger(s3_2, s3_2.get(event), out);
    writeText(s3_3, s3_3.get(event), out);
  };
  const s4 = steps.take("group", "flow");
  const s4_steps = steps.of(s4);
  const s4_0 = s4_steps.take("integer", "ip");
  const s4_1 = s4_steps.take("plain", "saddr");
  const s4_2 = s4_steps.take("integer", "sport");
  const s4_3 = s4_steps.take("plain", "daddr");
  const s4_4 = s4_steps.take("integer", "dport");
  const s4_5 = s4_steps.take("word", "address_source");
  const s4_6 = s4_steps.take("word", "direction");
  const s4_7 = s4_steps.take("word", "tunnel");
  const s4_fields: Writer<Event> = (event, out) => {
    writeInteger(s4_0, s4_0.get(event), out);
    writePlain(s4_1, s4_1.get(event), out);
    writeInteger(s4_2, s4_2.get(event), out);
    writePlain(s4_3, s4_3.get(event), out);
    writeInteger(s4_4, s4_4.get(event), out);
    writeWord(s4_5, s4_5.get(event), out);
    writeWord(s4_6, s4_6.get(event), out);
    writeWord(s4_7, s4_7.get(event), out);
  };
  const s5 = steps.take("group", "outer");
  const s5_steps = steps.of(s5);
  const s5_0 = s5_steps.take("word", "tunnel_protocol");
  const s5_1 = s5_steps.take("plain", "outer_saddr");
  const s5_2 = s5_steps.take("plain", "outer_daddr");
  const s5_3 = s5_steps.take("integer", "outer_sport");
  const s5_4 = s5_steps.take("integer", "outer_dport");
  const s5_5 = s5_steps.take("integer", "vni");
  const s5_fields: Writer<Event> = (event, out) => {
    writeWord(s5_0, s5_0.get(event), out);
    writePlain(s5_1, s5_1.get(event), out);
    writePlain(s5_2, s5_2.get(event), out);
    writeInteger(s5_3, s5_3.get(event), out);
    writeInteger(s5_4, s5_4.get(event), out);
    writeInteger(s5_5, s5_5.get(event), out);
  };
  const s6 = steps.take("group", "socket");
  const s6_steps = steps.of(s6);
  const s6_0 = s6_steps.take("text", "state");
  const s6_1 = s6_steps.take("decimal", "sk_cookie");
  const s6_2 = s6_steps.take("text", "sk_cookie_hex");
  const s6_fields: Writer<Event> = (event, out) => {
    writeText(s6_0, s6_0.get(event), out);
    writeDecimal(s6_1, s6_1.get(event), out);
    writeText(s6_2, s6_2.get(event), out);
  };
  const s7 = steps.take("list", "flags");
  const s8 = steps.take("integer", "seq");
  const s9 = steps.take("integer", "ack");
  const s10 = steps.take("integer", "window");
  const s11 = steps.take("integer", "payload_len");
  const s12 = steps.take("integer", "skb_len");
  const s13 = steps.take("integer", "gso_segs");
  const s14 = steps.take("integer", "mark");
  const s15 = steps.take("group", "site");
  const s15_steps = steps.of(s15);
  const s15_0 = s15_steps.take("word", "source");
  const s15_1 = s15_steps.take("text", "reason");
  const s15_2 = s15_steps.take("integer", "reason_code");
  const s15_3 = s15_steps.take("text", "reason_subsystem");
  const s15_4 = s15_steps.take("word", "reason_inferred");
  const s15_5 = s15_steps.take("text", "location");
  const s15_6 = s15_steps.take("text", "variant");
  const s15_7 = s15_steps.take("text", "meaning");
  const s15_8 = s15_steps.take("text", "advice");
  const s15_fields: Writer<Event> = (event, out) => {
    writeWord(s15_0, s15_0.get(event), out);
    writeText(s15_1, s15_1.get(event), out);
    writeInteger(s15_2, s15_2.get(event), out);
    writeText(s15_3, s15_3.get(event), out);
    writeWord(s15_4, s15_4.get(event), out);
    writeText(s15_5, s15_5.get(event), out);
    writeText(s15_6, s15_6.get(event), out);
    writeText(s15_7, s15_7.get(event), out);
    writeText(s15_8, s15_8.get(event), out);
  };
  const s16 = steps.take("word", "class");
  const s17 = steps.take("group", "stack");
  const s17_steps = steps.of(s17);
  const s17_0 = s17_steps.take("list", "stack");
  const s17_fields: Writer<Event> = (event, out) => {
    writeList(s17_0, s17_0.get(event), out);
  };
  const s18 = steps.take("word", "stack_omitted");
  const s19 = steps.take("group", "device");
  const s19_steps = steps.of(s19);
  const s19_0 = s19_steps.take("integer", "netns");
  const s19_1 = s19_steps.take("integer", "ifindex");
  const s19_2 = s19_steps.take("text", "ifname");
  const s19_3 = s19_steps.take("integer", "out_ifindex");
  const s19_4 = s19_steps.take("text", "out_ifname");
  const s19_5 = s19_steps.take("integer", "mtu");
  const s19_fields: Writer<Event> = (event, out) => {
    writeInteger(s19_0, s19_0.get(event), out);
    writeInteger(s19_1, s19_1.get(event), out);
    writeText(s19_2, s19_2.get(event), out);
    writeInteger(s19_3, s19_3.get(event), out);
    writeText(s19_4, s19_4.get(event), out);
    writeInteger(s19_5, s19_5.get(event), out);
  };
  steps.demandAll();
  return (event, out) => {
    writeInteger(s0, s0.get(event), out);
    writeTime(s1, s1.get(event), out);
    writeDecimal(s2, s2.get(event), out);
    writeGroup(s3, event.task, event, out, s3_fields);
    writeGroup(s4, event.flow, event, out, s4_fields);
    writeGroup(s5, event.outer, event, out, s5_fields);
    writeGroup(s6, event.socket, event, out, s6_fields);
    writeList(s7, s7.get(event), out);
    writeInteger(s8, s8.get(event), out);
    writeInteger(s9, s9.get(event), out);
    writeInteger(s10, s10.get(event), out);
    writeInteger(s11, s11.get(event), out);
    writeInteger(s12, s12.get(event), out);
    writeInteger(s13, s13.get(event), out);
    writeInteger(s14, s14.get(event), out);
    writeGroup(s15, event.site, event, out, s15_fields);
    writeWord(s16, s16.get(event), out);
    writeGroup(s17, event.stack, event, out, s17_fields);
    writeWord(s18, s18.get(event), out);
    writeGroup(s19, event.device, event, out, s19_fields);
  };
}

function refusedWriter(steps: EventSteps): Writer<Event> {
  const s0 = steps.take("integer", "id");
  const s1 = steps.take("time", "time");
  const s2 = steps.take("time", "since");
  const s3 = steps.take("integer", "count");
  const s4 = steps.take("word", "at_most");
  const s5 = steps.take("group", "flow");
  const s5_steps = steps.of(s5);
  const s5_0 = s5_steps.take("integer", "ip");
  const s5_1 = s5_steps.take("plain", "saddr");
  const s5_2 = s5_steps.take("integer", "sport");
  const s5_3 = s5_steps.take("plain", "daddr");
  const s5_4 = s5_steps.take("integer", "dport");
  const s5_fields: Writer<Event> = (event, out) => {
    writeInteger(s5_0, s5_0.get(event), out);
    writePlain(s5_1, s5_1.get(event), out);
    writeInteger(s5_2, s5_2.get(event), out);
    writePlain(s5_3, s5_3.get(event), out);
    writeInteger(s5_4, s5_4.get(event), out);
  };
  const s6 = steps.take("group", "socket");
  const s6_steps = steps.of(s6);
  const s6_0 = s6_steps.take("word", "state");
  const s6_1 = s6_steps.take("decimal", "sk_cookie");
  const s6_2 = s6_steps.take("text", "sk_cookie_hex");
  const s6_fields: Writer<Event> = (event, out) => {
    writeWord(s6_0, s6_0.get(event), out);
    writeDecimal(s6_1, s6_1.get(event), out);
    writeText(s6_2, s6_2.get(event), out);
  };
  const s7 = steps.take("group", "site");
  const s7_steps = steps.of(s7);
  const s7_0 = s7_steps.take("word", "source");
  const s7_1 = s7_steps.take("word", "cause");
  const s7_2 = s7_steps.take("text", "variant");
  const s7_3 = s7_steps.take("text", "meaning");
  const s7_4 = s7_steps.take("text", "advice");
  const s7_fields: Writer<Event> = (event, out) => {
    writeWord(s7_0, s7_0.get(event), out);
    writeWord(s7_1, s7_1.get(event), out);
    writeText(s7_2, s7_2.get(event), out);
    writeText(s7_3, s7_3.get(event), out);
    writeText(s7_4, s7_4.get(event), out);
  };
  const s8 = steps.take("word", "class");
  const s9 = steps.take("group", "device");
  const s9_steps = steps.of(s9);
  const s9_0 = s9_steps.take("integer", "netns");
  const s9_fields: Writer<Event> = (event, out) => {
    writeInteger(s9_0, s9_0.get(event), out);
  };
  const s10 = steps.take("integer", "accept_queue");
  const s11 = steps.take("integer", "accept_queue_limit");
  steps.demandAll();
  return (event, out) => {
    writeInteger(s0, s0.get(event), out);
    writeTime(s1, s1.get(event), out);
    writeTime(s2, s2.get(event), out);
    writeInteger(s3, s3.get(event), out);
    writeWord(s4, s4.get(event), out);
    writeGroup(s5, event.flow, event, out, s5_fields);
    writeGroup(s6, event.socket, event, out, s6_fields);
    writeGroup(s7, event.site, event, out, s7_fields);
    writeWord(s8, s8.get(event), out);
    writeGroup(s9, event.device, event, out, s9_fields);
    writeInteger(s10, s10.get(event), out);
    writeInteger(s11, s11.get(event), out);
  };
}
