/**
 * What the answer to a question may be: a set, in bits. Where nobody knows, it may be yes and no. What may be
 * yes is accepted.
 *
 * REJECTED is the third answer of pcap-filter: what was asked for is not there, and the packet is rejected
 * whatever stands around the question.
 */
export type Answer = number;

export const YES: Answer = 1;
export const NO: Answer = 2;
export const REJECTED: Answer = 4;
export const UNKNOWN_ANSWER: Answer = YES | NO;

export function answerOf(isSo: boolean): Answer {
  return isSo ? YES : NO;
}

export function mayBeYes(answer: Answer): boolean {
  return (answer & YES) !== 0;
}

export function not(answer: Answer): Answer {
  return (answer & REJECTED) | ((answer & YES) << 1) | ((answer & NO) >> 1);
}
