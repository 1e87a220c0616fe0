/** What an argument gave, and where it stands in the text. */
import { across, type Span } from "./tree.ts";

export interface Taken<T> {
  readonly value: T;
  readonly at: Span;
}

export function taken<T>({ start, end }: Span, value: T): Taken<T> {
  return { value, at: Object.freeze({ start, end }) };
}

/**
 * From the qualifiers to the argument, where they stand before it; an argument that inherits them stands for
 * itself.
 */
export function spanFrom(qualifiers: Span, argument: Span): Span {
  return qualifiers.start < qualifiers.end ? across(qualifiers, argument) : across(argument, argument);
}
