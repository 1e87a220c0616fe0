/** What --for names, and what its choice of network namespaces cannot be combined with. */
import { UsageError } from "../errors.ts";
import { type FoundTarget, findTargetHere } from "../target/find-target.ts";
import { shownName } from "../target/quoted.ts";
import type { Settings } from "./settings.ts";

/** Undefined where it was not given. */
export async function targetOf(settings: Settings<"trace">): Promise<FoundTarget | undefined> {
  const { values, given } = settings;
  if (values.for === undefined) return undefined;
  const hasNetns = given("netns") !== undefined;
  const target = await findTargetHere(values.for, { alone: values.reconcile === true, hasNetns });
  if (hasNetns && target.netns !== undefined)
    throw new UsageError(
      `${given("netns")?.origin} and --for ${shownName(values.for)} choose network namespaces both`,
      { hint: "Remove one of them." },
    );
  return target;
}
