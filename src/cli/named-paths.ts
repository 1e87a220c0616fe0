/** Paths that settings name, in errors from where it is not known who named them. */
import type { TcpdropError } from "../errors.ts";
import { plainText } from "../sinks/plain-text.ts";
import { NOT_SHOWN } from "./real-user.ts";
import type { Given } from "./settings.ts";

export interface ShownError {
  readonly message: string;
  readonly hint: string | undefined;
}

/** Of this process: the path of --btf, which the layers below put into what they throw. */
let btf: Given | undefined;

export function rememberBtf(given: Given | undefined): void {
  btf = given;
}

export function isAboutBtf({ message }: TcpdropError): boolean {
  return btf?.texts.some((path) => message.includes(path)) === true;
}

/** With the path made harmless; where the user may not see it, nothing but where it stands. */
export function shownError(error: TcpdropError): ShownError {
  const { message, hint } = error;
  if (btf === undefined || !isAboutBtf(error)) return { message, hint };
  if (btf.isSecret()) return { message: `Cannot use ${btf.shown}`, hint: NOT_SHOWN };
  const shown = btf.texts.reduce((text, path) => text.replaceAll(path, () => plainText(path)), message);
  return { message: shown, hint };
}
