/**
 * Advice of the tables of reasons has SADDR, DADDR and IFACE in its commands: here they are the example's own,
 * quoted, for they may be pasted.
 */
import type { Advice, Event } from "../model/index.ts";
import { shellWord } from "./command-text.ts";

const NAMES = /\b(?:SADDR|DADDR|SPORT|DPORT|IFACE)\b/g;

export function withNames(advice: Advice, example: Event | undefined): Advice {
  if (example === undefined) return advice;
  const values = valuesOf(example);
  const fill = (text: string): string =>
    text.replace(NAMES, (name, at: number) => {
      const given = String(values[name] ?? "");
      // A part of a sysctl's name, whose parts have no dots (sysctl(8)).
      const value = text[at - 1] === "." ? given.replaceAll(".", "/") : given;
      // What looks like an option would be one.
      return value === "" || value.startsWith("-") ? name : (shellWord(value) ?? name);
    });
  return { ...advice, action: fill(advice.action) };
}

function valuesOf({ flow, device }: Event): Readonly<Record<string, string | number | undefined>> {
  return {
    SADDR: flow?.saddr,
    DADDR: flow?.daddr,
    SPORT: flow?.sport,
    DPORT: flow?.dport,
    IFACE: device?.outIfname ?? device?.ifname,
  };
}
