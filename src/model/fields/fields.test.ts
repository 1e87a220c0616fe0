import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dropWith, factsOf } from "../../../test/drop-facts.ts";
import {
  drops,
  fullDrop,
  minimalDrop,
  refused,
  refusedByNobody,
  refusedEach,
  refusedEachV6,
  refusedUntold,
  refusedV6,
} from "../../../test/golden/sample-events.ts";
import { type Event, KINDS } from "../index.ts";
import { EVENT_FIELDS, fieldsOf, type Group } from "./index.ts";

const EVENTS: readonly Event[] = [
  ...Object.values(drops),
  refused,
  refusedV6,
  refusedEach,
  refusedEachV6,
  refusedUntold,
  refusedByNobody,
];

/** Properties of an event that a field of the group may read. */
const READS: Readonly<Record<Group, readonly string[]>> = {
  event: ["id", "timeNs", "ktimeNs", "class", "kind"],
  flow: ["flow"],
  outer: ["outer"],
  site: ["site"],
  device: ["device"],
  socket: ["socket"],
  identity: ["identity"],
  task: ["task"],
  packet: ["packet"],
  stack: ["stack"],
  owner: ["owner"],
  netns: ["netns"],
  detail: ["detail"],
};

const OWNER =
  "owner_by owner_certainty owner_missing owner_pid owner_start owner_comm owner_exe owner_holders owner_uid " +
  "owner_user owner_cgroup owner_socket_cgroup owner_unit owner_runtime owner_container_id owner_container " +
  "owner_image owner_container_outer owner_pod owner_namespace owner_pod_uid owner_hint";

describe("EVENT_FIELDS", () => {
  test("has the documented names in the documented order", () => {
    const names = (kind: "drop" | "refused"): string =>
      fieldsOf(kind)
        .map(({ name }) => name)
        .join(" ");
    assert.equal(
      names("drop"),

      "type id time ktime_ns cpu cpu_pid cpu_tid cpu_comm ip saddr sport daddr dport address_source " +
        "direction tunnel tunnel_protocol outer_saddr outer_daddr outer_sport outer_dport vni state sk_cookie " +
        `sk_cookie_hex ${OWNER} flags seq ack window payload_len skb_len gso_segs mark source ` +
        "reason reason_code reason_subsystem reason_inferred location variant meaning advice class stack " +
        "stack_omitted netns ifindex ifname out_ifindex out_ifname mtu netns_name netns_cookie",
    );
    assert.equal(
      names("refused"),

      `type id time since count at_most ip saddr sport daddr dport state sk_cookie sk_cookie_hex ${OWNER} source ` +
        "cause variant meaning advice class netns netns_name netns_cookie accept_queue accept_queue_limit",
    );
  });

  for (const field of EVENT_FIELDS)
    test(`${field.name} reads nothing of an event but its group, ${field.group}`, () => {
      for (const event of EVENTS) {
        const read: string[] = [];
        const watched = new Proxy(event, {
          get(target, property) {
            read.push(String(property));
            return Reflect.get(target, property);
          },
        });
        field.get(watched);
        const foreign = read.filter(
          (property) => property !== "kind" && !READS[field.group].includes(property),
        );
        assert.deepEqual(foreign, []);
      }
    });

  test("has every fact of a drop once, except the address and what is for the filter alone", () => {
    const without = new Set(["outer", "sk_cookie_hex", "locationAddress", "filterBits", "stackOmitted"]);
    const whole = dropWith(fullDrop, { outIfindex: 3, outIfname: "eth1", mtu: 1300 });
    const facts = Object.entries(factsOf(whole)).filter(([name]) => !without.has(name));
    const values = fieldsOf("drop").flatMap((field) => {
      const value = field.get(whole);
      return without.has(field.name) || field.name === "type" || value === undefined ? [] : [value];
    });
    const byText = (list: readonly unknown[]): string[] => list.map(String).toSorted();
    assert.deepEqual(byText(values), byText(facts.map(([, value]) => value)));
  });

  test("calls absent at times just what is absent from the least event", () => {
    const absent = (kind: (typeof KINDS)[number], least: Event): void => {
      const fields = fieldsOf(kind);
      assert.deepEqual(
        fields.filter((field) => field.get(least) === undefined).map(({ name }) => name),
        fields.filter(({ optional }) => optional === true).map(({ name }) => name),
      );
    };
    absent("drop", minimalDrop);
    absent("refused", refusedUntold);
  });

  test("gives each kind one name once", () => {
    for (const kind of KINDS) {
      const names = fieldsOf(kind).map(({ name }) => name);
      assert.equal(new Set(names).size, names.length);
    }
  });
});
