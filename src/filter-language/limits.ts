/**
 * How large a filter may be. A text within these is parsed without a stack that overflows; whether its
 * program passes the kernel's verifier is for the kernel to say.
 */

/** UTF-16 units of text: a list of 100,000 networks has some two million. */
export const MAX_TEXT = 1 << 22;
/** Parentheses, `not` and arithmetic inside each other. */
export const MAX_DEPTH = 100;
/** Primitives, operators and numbers. */
export const MAX_NODES = 250_000;
