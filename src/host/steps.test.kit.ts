/** What tests give where work in steps is wanted. */
import type { Steps } from "./steps.ts";

/** Done after so many steps. */
export function* steps<T>(value: T, count = 0): Steps<T> {
  for (let step = 0; step < count; step += 1) yield;
  return value;
}
