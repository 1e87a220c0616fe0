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
  const s5 = steps.take("group", "socket");
  const s5_steps = steps.of(s5);
  const s5_0 = s5_steps.take("text", "state");
  const s5_1 = s5_steps.take("decimal", "sk_cookie");
  const s5_2 = s5_steps.take("text", "sk_cookie_hex");
  const s5_fields: Writer<Event> = (event, out) => {
    writeText(s5_0, s5_0.get(event), out);
    writeDecimal(s5_1, s5_1.get(event), out);
    writeText(s5_2, s5_2.get(event), out);
  };
  const s6 = steps.take("list", "flags");
  const s7 = steps.take("integer", "seq");
  const s8 = steps.take("integer", "ack");
  const s9 = steps.take("integer", "window");
  const s10 = steps.take("integer", "payload_len");
  const s11 = steps.take("integer", "skb_len");
  const s12 = steps.take("integer", "gso_segs");
  const s13 = steps.take("integer", "mark");
  const s14 = steps.take("group", "site");
  const s14_steps = steps.of(s14);
  const s14_0 = s14_steps.take("word", "source");
  const s14_1 = s14_steps.take("text", "reason");
  const s14_2 = s14_steps.take("integer", "reason_code");
  const s14_3 = s14_steps.take("text", "reason_subsystem");
  const s14_4 = s14_steps.take("word", "reason_inferred");
  const s14_5 = s14_steps.take("text", "location");
  const s14_6 = s14_steps.take("text", "variant");
  const s14_7 = s14_steps.take("text", "meaning");
  const s14_8 = s14_steps.take("text", "advice");
  const s14_fields: Writer<Event> = (event, out) => {
    writeWord(s14_0, s14_0.get(event), out);
    writeText(s14_1, s14_1.get(event), out);
    writeInteger(s14_2, s14_2.get(event), out);
    writeText(s14_3, s14_3.get(event), out);
    writeWord(s14_4, s14_4.get(event), out);
    writeText(s14_5, s14_5.get(event), out);
    writeText(s14_6, s14_6.get(event), out);
    writeText(s14_7, s14_7.get(event), out);
    writeText(s14_8, s14_8.get(event), out);
  };
  const s15 = steps.take("word", "class");
  const s16 = steps.take("group", "stack");
  const s16_steps = steps.of(s16);
  const s16_0 = s16_steps.take("list", "stack");
  const s16_fields: Writer<Event> = (event, out) => {
    writeList(s16_0, s16_0.get(event), out);
  };
  const s17 = steps.take("word", "stack_omitted");
  const s18 = steps.take("group", "device");
  const s18_steps = steps.of(s18);
  const s18_0 = s18_steps.take("integer", "netns");
  const s18_1 = s18_steps.take("integer", "ifindex");
  const s18_2 = s18_steps.take("text", "ifname");
  const s18_fields: Writer<Event> = (event, out) => {
    writeInteger(s18_0, s18_0.get(event), out);
    writeInteger(s18_1, s18_1.get(event), out);
    writeText(s18_2, s18_2.get(event), out);
  };
  steps.demandAll();
  return (event, out) => {
    writeInteger(s0, s0.get(event), out);
    writeTime(s1, s1.get(event), out);
    writeDecimal(s2, s2.get(event), out);
    writeGroup(s3, event.task, event, out, s3_fields);
    writeGroup(s4, event.flow, event, out, s4_fields);
    writeGroup(s5, event.socket, event, out, s5_fields);
    writeList(s6, s6.get(event), out);
    writeInteger(s7, s7.get(event), out);
    writeInteger(s8, s8.get(event), out);
    writeInteger(s9, s9.get(event), out);
    writeInteger(s10, s10.get(event), out);
    writeInteger(s11, s11.get(event), out);
    writeInteger(s12, s12.get(event), out);
    writeInteger(s13, s13.get(event), out);
    writeGroup(s14, event.site, event, out, s14_fields);
    writeWord(s15, s15.get(event), out);
    writeGroup(s16, event.stack, event, out, s16_fields);
    writeWord(s17, s17.get(event), out);
    writeGroup(s18, event.device, event, out, s18_fields);
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
