/** The class of a drop: by the first rule whose site and conditions match, else by the reason. */
import type { DropClass } from "../model/index.ts";
import { LOCATION_RULES, type LocationRule, NO_REASONS, type Segment } from "./locations.ts";

/** What this kernel has that rules may depend on: names of core reasons, and RECEIVING_SOCKET. */
export type KernelHas = ReadonlySet<string>;

/**
 * The rules that may hold for a reason at a location ("tcp_v4_rcv", possibly with an offset or a suffix of
 * the compiler), in order.
 */
export function rulesAt(
  reason: string | undefined,
  subsystem: string | undefined,
  location: string,
  kernelHas: KernelHas,
): readonly LocationRule[] {
  const symbol = bareSymbol(location);
  return LOCATION_RULES.filter(
    (rule) =>
      (rule.symbols === undefined || rule.symbols.includes(symbol)) &&
      reasonMatches(rule, reason, subsystem) &&
      (rule.kernelWithout === undefined || !kernelHas.has(rule.kernelWithout)),
  );
}

function reasonMatches(
  { reasons, withoutReasons }: LocationRule,
  reason: string | undefined,
  subsystem: string | undefined,
): boolean {
  if (reasons === undefined) return true;
  if (subsystem === NO_REASONS) return withoutReasons === true;
  return subsystem === "CORE" && reason !== undefined && reasons.includes(reason);
}

/** The class by the first of the rules whose conditions hold; undefined where none does. */
export function classBy(rules: readonly LocationRule[], segment: Segment | undefined): DropClass | undefined {
  return rules.find((rule) => segmentMatches(rule, segment))?.class;
}

/**
 * The class of all drops to which these rules apply; undefined where it depends on the drop.
 */
export function classOfAll([first]: readonly LocationRule[]): DropClass | undefined {
  if (first === undefined) return undefined;
  const { states, flags, withFlag, withoutFlag, payloadLen, skbLen, callers, ownMac } = first;
  return [states, flags, withFlag, withoutFlag, payloadLen, skbLen, callers, ownMac].every(
    (condition) => condition === undefined,
  )
    ? first.class
    : undefined;
}

/** Core reasons with a rule that depends on callers, and so needs a stack. */
export function reasonsWithCallers(): readonly string[] {
  return [
    ...new Set(
      LOCATION_RULES.flatMap(({ callers, reasons }) =>
        callers === undefined ? [] : (reasons ?? ["NOT_SPECIFIED"]),
      ),
    ),
  ];
}

/**
 * "neigh_flush_dev.isra.0+0x5c [module]" to "neigh_flush_dev": without offset, module, and suffix of the
 * compiler.
 */
export function bareSymbol(location: string): string {
  return /^[^.+ ]*/.exec(location)?.[0] ?? location;
}

function segmentMatches(rule: LocationRule, segment: Segment | undefined): boolean {
  const flags = segment?.flags;
  return (
    stateMatches(rule, segment?.state) &&
    (rule.flags === undefined ||
      (flags?.length === rule.flags.length && rule.flags.every((flag) => flags.includes(flag)))) &&
    (rule.withFlag === undefined || flags?.includes(rule.withFlag) === true) &&
    (rule.withoutFlag === undefined || flags?.includes(rule.withoutFlag) === false) &&
    (rule.payloadLen === undefined || rule.payloadLen === segment?.payloadLen) &&
    (rule.skbLen === undefined || rule.skbLen === segment?.skbLen) &&
    (rule.ownMac === undefined || rule.ownMac === segment?.ownMac) &&
    callersMatch(rule, segment?.stack)
  );
}

function stateMatches(rule: LocationRule, state: string | undefined): boolean {
  if (rule.states === undefined) return true;
  return state === undefined ? rule.stateMayBeUnknown === true : rule.states.includes(state);
}

function callersMatch({ callers }: LocationRule, stack: readonly string[] | undefined): boolean {
  return callers === undefined || (stack?.some((frame) => callers.includes(bareSymbol(frame))) ?? false);
}
