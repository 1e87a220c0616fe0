/** Escape sequences for colour: what is painted, and how. */
import { type Encoded, encoded } from "../bytes/byte-writer.ts";
import type { DropClass } from "../model/index.ts";

const DIM_TEXT = "\x1b[2m";
const BOLD_TEXT = "\x1b[1m";
const RESET_TEXT = "\x1b[0m";

export const RESET = encoded(RESET_TEXT);
const OF_CLASS: Readonly<Record<DropClass, string>> = {
  loss: "\x1b[31m",
  refused: "\x1b[33m",
  duplicate: "\x1b[36m",
  normal: DIM_TEXT,
  copy: DIM_TEXT,
};
export const PAINTS: Readonly<Record<DropClass, Encoded>> = {
  loss: encoded(OF_CLASS.loss),
  refused: encoded(OF_CLASS.refused),
  duplicate: encoded(OF_CLASS.duplicate),
  normal: encoded(OF_CLASS.normal),
  copy: encoded(OF_CLASS.copy),
};

export function paint(text: string, dropClass: DropClass): string {
  return `${OF_CLASS[dropClass]}${text}${RESET_TEXT}`;
}

export function bold(text: string): string {
  return `${BOLD_TEXT}${text}${RESET_TEXT}`;
}

export function dim(text: string): string {
  return `${DIM_TEXT}${text}${RESET_TEXT}`;
}
