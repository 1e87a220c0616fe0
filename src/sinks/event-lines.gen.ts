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
  const s7 = steps.take("group", "owner");
  const s7_steps = steps.of(s7);
  const s7_0 = s7_steps.take("word", "owner_by");
  const s7_1 = s7_steps.take("word", "owner_certainty");
  const s7_2 = s7_steps.take("word", "owner_missing");
  const s7_3 = s7_steps.take("integer", "owner_pid");
  const s7_4 = s7_steps.take("decimal", "owner_start");
  const s7_5 = s7_steps.take("text", "owner_comm");
  const s7_6 = s7_steps.take("text", "owner_exe");
  const s7_7 = s7_steps.take("integer", "owner_holders");
  const s7_8 = s7_steps.take("integer", "owner_uid");
  const s7_9 = s7_steps.take("text", "owner_user");
  const s7_10 = s7_steps.take("text", "owner_cgroup");
  const s7_11 = s7_steps.take("text", "owner_socket_cgroup");
  const s7_12 = s7_steps.take("text", "owner_unit");
  const s7_13 = s7_steps.take("text", "owner_runtime");
  const s7_14 = s7_steps.take("text", "owner_container_id");
  const s7_15 = s7_steps.take("text", "owner_container");
  const s7_16 = s7_steps.take("text", "owner_image");
  const s7_17 = s7_steps.take("text", "owner_container_outer");
  const s7_18 = s7_steps.take("text", "owner_pod");
  const s7_19 = s7_steps.take("text", "owner_namespace");
  const s7_20 = s7_steps.take("text", "owner_pod_uid");
  const s7_21 = s7_steps.take("text", "owner_hint");
  const s7_fields: Writer<Event> = (event, out) => {
    writeWord(s7_0, s7_0.get(event), out);
    writeWord(s7_1, s7_1.get(event), out);
    writeWord(s7_2, s7_2.get(event), out);
    writeInteger(s7_3, s7_3.get(event), out);
    writeDecimal(s7_4, s7_4.get(event), out);
    writeText(s7_5, s7_5.get(event), out);
    writeText(s7_6, s7_6.get(event), out);
    writeInteger(s7_7, s7_7.get(event), out);
    writeInteger(s7_8, s7_8.get(event), out);
    writeText(s7_9, s7_9.get(event), out);
    writeText(s7_10, s7_10.get(event), out);
    writeText(s7_11, s7_11.get(event), out);
    writeText(s7_12, s7_12.get(event), out);
    writeText(s7_13, s7_13.get(event), out);
    writeText(s7_14, s7_14.get(event), out);
    writeText(s7_15, s7_15.get(event), out);
    writeText(s7_16, s7_16.get(event), out);
    writeText(s7_17, s7_17.get(event), out);
    writeText(s7_18, s7_18.get(event), out);
    writeText(s7_19, s7_19.get(event), out);
    writeText(s7_20, s7_20.get(event), out);
    writeText(s7_21, s7_21.get(event), out);
  };
  const s8 = steps.take("list", "flags");
  const s9 = steps.take("integer", "seq");
  const s10 = steps.take("integer", "ack");
  const s11 = steps.take("integer", "window");
  const s12 = steps.take("integer", "payload_len");
  const s13 = steps.take("integer", "skb_len");
  const s14 = steps.take("integer", "gso_segs");
  const s15 = steps.take("integer", "mark");
  const s16 = steps.take("group", "site");
  const s16_steps = steps.of(s16);
  const s16_0 = s16_steps.take("word", "source");
  const s16_1 = s16_steps.take("text", "reason");
  const s16_2 = s16_steps.take("integer", "reason_code");
  const s16_3 = s16_steps.take("text", "reason_subsystem");
  const s16_4 = s16_steps.take("word", "reason_inferred");
  const s16_5 = s16_steps.take("text", "location");
  const s16_6 = s16_steps.take("text", "variant");
  const s16_7 = s16_steps.take("text", "meaning");
  const s16_8 = s16_steps.take("text", "advice");
  const s16_fields: Writer<Event> = (event, out) => {
    writeWord(s16_0, s16_0.get(event), out);
    writeText(s16_1, s16_1.get(event), out);
    writeInteger(s16_2, s16_2.get(event), out);
    writeText(s16_3, s16_3.get(event), out);
    writeWord(s16_4, s16_4.get(event), out);
    writeText(s16_5, s16_5.get(event), out);
    writeText(s16_6, s16_6.get(event), out);
    writeText(s16_7, s16_7.get(event), out);
    writeText(s16_8, s16_8.get(event), out);
  };
  const s17 = steps.take("word", "class");
  const s18 = steps.take("group", "stack");
  const s18_steps = steps.of(s18);
  const s18_0 = s18_steps.take("list", "stack");
  const s18_fields: Writer<Event> = (event, out) => {
    writeList(s18_0, s18_0.get(event), out);
  };
  const s19 = steps.take("word", "stack_omitted");
  const s20 = steps.take("group", "device");
  const s20_steps = steps.of(s20);
  const s20_0 = s20_steps.take("integer", "netns");
  const s20_1 = s20_steps.take("integer", "ifindex");
  const s20_2 = s20_steps.take("text", "ifname");
  const s20_3 = s20_steps.take("integer", "out_ifindex");
  const s20_4 = s20_steps.take("text", "out_ifname");
  const s20_5 = s20_steps.take("integer", "mtu");
  const s20_fields: Writer<Event> = (event, out) => {
    writeInteger(s20_0, s20_0.get(event), out);
    writeInteger(s20_1, s20_1.get(event), out);
    writeText(s20_2, s20_2.get(event), out);
    writeInteger(s20_3, s20_3.get(event), out);
    writeText(s20_4, s20_4.get(event), out);
    writeInteger(s20_5, s20_5.get(event), out);
  };
  const s21 = steps.take("group", "netns");
  const s21_steps = steps.of(s21);
  const s21_0 = s21_steps.take("text", "netns_name");
  const s21_1 = s21_steps.take("decimal", "netns_cookie");
  const s21_fields: Writer<Event> = (event, out) => {
    writeText(s21_0, s21_0.get(event), out);
    writeDecimal(s21_1, s21_1.get(event), out);
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
    writeGroup(s7, event.owner, event, out, s7_fields);
    writeList(s8, s8.get(event), out);
    writeInteger(s9, s9.get(event), out);
    writeInteger(s10, s10.get(event), out);
    writeInteger(s11, s11.get(event), out);
    writeInteger(s12, s12.get(event), out);
    writeInteger(s13, s13.get(event), out);
    writeInteger(s14, s14.get(event), out);
    writeInteger(s15, s15.get(event), out);
    writeGroup(s16, event.site, event, out, s16_fields);
    writeWord(s17, s17.get(event), out);
    writeGroup(s18, event.stack, event, out, s18_fields);
    writeWord(s19, s19.get(event), out);
    writeGroup(s20, event.device, event, out, s20_fields);
    writeGroup(s21, event.netns, event, out, s21_fields);
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
  const s7 = steps.take("group", "owner");
  const s7_steps = steps.of(s7);
  const s7_0 = s7_steps.take("word", "owner_by");
  const s7_1 = s7_steps.take("word", "owner_certainty");
  const s7_2 = s7_steps.take("word", "owner_missing");
  const s7_3 = s7_steps.take("integer", "owner_pid");
  const s7_4 = s7_steps.take("decimal", "owner_start");
  const s7_5 = s7_steps.take("text", "owner_comm");
  const s7_6 = s7_steps.take("text", "owner_exe");
  const s7_7 = s7_steps.take("integer", "owner_holders");
  const s7_8 = s7_steps.take("integer", "owner_uid");
  const s7_9 = s7_steps.take("text", "owner_user");
  const s7_10 = s7_steps.take("text", "owner_cgroup");
  const s7_11 = s7_steps.take("text", "owner_socket_cgroup");
  const s7_12 = s7_steps.take("text", "owner_unit");
  const s7_13 = s7_steps.take("text", "owner_runtime");
  const s7_14 = s7_steps.take("text", "owner_container_id");
  const s7_15 = s7_steps.take("text", "owner_container");
  const s7_16 = s7_steps.take("text", "owner_image");
  const s7_17 = s7_steps.take("text", "owner_container_outer");
  const s7_18 = s7_steps.take("text", "owner_pod");
  const s7_19 = s7_steps.take("text", "owner_namespace");
  const s7_20 = s7_steps.take("text", "owner_pod_uid");
  const s7_21 = s7_steps.take("text", "owner_hint");
  const s7_fields: Writer<Event> = (event, out) => {
    writeWord(s7_0, s7_0.get(event), out);
    writeWord(s7_1, s7_1.get(event), out);
    writeWord(s7_2, s7_2.get(event), out);
    writeInteger(s7_3, s7_3.get(event), out);
    writeDecimal(s7_4, s7_4.get(event), out);
    writeText(s7_5, s7_5.get(event), out);
    writeText(s7_6, s7_6.get(event), out);
    writeInteger(s7_7, s7_7.get(event), out);
    writeInteger(s7_8, s7_8.get(event), out);
    writeText(s7_9, s7_9.get(event), out);
    writeText(s7_10, s7_10.get(event), out);
    writeText(s7_11, s7_11.get(event), out);
    writeText(s7_12, s7_12.get(event), out);
    writeText(s7_13, s7_13.get(event), out);
    writeText(s7_14, s7_14.get(event), out);
    writeText(s7_15, s7_15.get(event), out);
    writeText(s7_16, s7_16.get(event), out);
    writeText(s7_17, s7_17.get(event), out);
    writeText(s7_18, s7_18.get(event), out);
    writeText(s7_19, s7_19.get(event), out);
    writeText(s7_20, s7_20.get(event), out);
    writeText(s7_21, s7_21.get(event), out);
  };
  const s8 = steps.take("group", "site");
  const s8_steps = steps.of(s8);
  const s8_0 = s8_steps.take("word", "source");
  const s8_1 = s8_steps.take("word", "cause");
  const s8_2 = s8_steps.take("text", "variant");
  const s8_3 = s8_steps.take("text", "meaning");
  const s8_4 = s8_steps.take("text", "advice");
  const s8_fields: Writer<Event> = (event, out) => {
    writeWord(s8_0, s8_0.get(event), out);
    writeWord(s8_1, s8_1.get(event), out);
    writeText(s8_2, s8_2.get(event), out);
    writeText(s8_3, s8_3.get(event), out);
    writeText(s8_4, s8_4.get(event), out);
  };
  const s9 = steps.take("word", "class");
  const s10 = steps.take("group", "device");
  const s10_steps = steps.of(s10);
  const s10_0 = s10_steps.take("integer", "netns");
  const s10_fields: Writer<Event> = (event, out) => {
    writeInteger(s10_0, s10_0.get(event), out);
  };
  const s11 = steps.take("group", "netns");
  const s11_steps = steps.of(s11);
  const s11_0 = s11_steps.take("text", "netns_name");
  const s11_1 = s11_steps.take("decimal", "netns_cookie");
  const s11_fields: Writer<Event> = (event, out) => {
    writeText(s11_0, s11_0.get(event), out);
    writeDecimal(s11_1, s11_1.get(event), out);
  };
  const s12 = steps.take("integer", "accept_queue");
  const s13 = steps.take("integer", "accept_queue_limit");
  steps.demandAll();
  return (event, out) => {
    writeInteger(s0, s0.get(event), out);
    writeTime(s1, s1.get(event), out);
    writeTime(s2, s2.get(event), out);
    writeInteger(s3, s3.get(event), out);
    writeWord(s4, s4.get(event), out);
    writeGroup(s5, event.flow, event, out, s5_fields);
    writeGroup(s6, event.socket, event, out, s6_fields);
    writeGroup(s7, event.owner, event, out, s7_fields);
    writeGroup(s8, event.site, event, out, s8_fields);
    writeWord(s9, s9.get(event), out);
    writeGroup(s10, event.device, event, out, s10_fields);
    writeGroup(s11, event.netns, event, out, s11_fields);
    writeInteger(s12, s12.get(event), out);
    writeInteger(s13, s13.get(event), out);
  };
}
