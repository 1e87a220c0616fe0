/**
 * Questions for the owner. What is compared is what is shown, however certain it is. An owner that is not known
 * may be the one that is asked for.
 */
import type { OwnerNode, OwnerWord } from "../filter-language/index.ts";
import type { Owner, OwnerMissing } from "../model/index.ts";
import { type Answer, answerOf, NO, UNKNOWN_ANSWER, YES } from "./answer.ts";
import type { EventSource, Test } from "./source.ts";

/** Where no process can own it: the others say why none was found. */
const NOBODY: ReadonlySet<OwnerMissing | undefined> = new Set<OwnerMissing>(["kernel", "no_socket"]);
/** Of the id of a container, as docker prints it, at least. */
const LEAST_ID_DIGITS = 12;

type OwnerQuestion = (owner: Owner) => Answer;

export function ownerTest<T>({ word, value }: OwnerNode, source: EventSource<T>): Test<T> {
  const ask = QUESTIONS[word](value);
  return (of) => {
    const owner = source.owner(of);
    if (owner === undefined) return NO;
    return "isUnknown" in owner ? UNKNOWN_ANSWER : ask(owner);
  };
}

const QUESTIONS: Readonly<Record<OwnerWord, (value: string) => OwnerQuestion>> = {
  owner: (value) => {
    const all = [isComm(value), ...[isUnit, isContainer, isPod].map((make) => make(value))];
    return (owner) => all.reduce((answer, ask) => either(answer, ask(owner)), NO);
  },
  pid: (value) => ofProcess((process) => String(process.pid) === value),
  unit: isUnit,
  container: isContainer,
  pod: isPod,
};

function either(one: Answer, other: Answer): Answer {
  if (one === YES || other === YES) return YES;
  return one === NO ? other : one;
}

function isComm(name: string): OwnerQuestion {
  return ofProcess(({ comm }) => comm === name);
}

function ofProcess(isIt: (process: NonNullable<Owner["process"]>) => boolean): OwnerQuestion {
  return ({ process, missing }) => {
    if (process !== undefined) return answerOf(isIt(process));
    return NOBODY.has(missing) ? NO : UNKNOWN_ANSWER;
  };
}

/** `unit nginx` is nginx.service, as for systemctl. */
function isUnit(name: string): OwnerQuestion {
  const service = `${name}.service`;
  return ofWorkload(({ unit }) => answerOf(unit === name || unit === service));
}

/** By name, by id, or by the beginning of that. */
function isContainer(name: string): OwnerQuestion {
  const isId = /^[0-9a-f]+$/.test(name) && name.length >= LEAST_ID_DIGITS;
  return ofWorkload(({ container, containerId }) => {
    if (container === name || (isId && containerId?.startsWith(name) === true)) return YES;
    return containerId !== undefined && container === undefined && !isId ? UNKNOWN_ANSWER : NO;
  });
}

/** `pod web`, `pod shop/web`. */
function isPod(name: string): OwnerQuestion {
  return ofWorkload(({ pod, podNamespace, podUid }) => {
    if (podUid === name || (pod !== undefined && (pod === name || `${podNamespace}/${pod}` === name)))
      return YES;
    return pod === undefined && podUid !== undefined ? UNKNOWN_ANSWER : NO;
  });
}

function ofWorkload(ask: (workload: NonNullable<Owner["workload"]>) => Answer): OwnerQuestion {
  return ({ workload, cgroup, missing }) => {
    if (workload !== undefined) return ask(workload);
    return cgroup !== undefined || NOBODY.has(missing) ? NO : UNKNOWN_ANSWER;
  };
}
