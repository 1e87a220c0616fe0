/** Whether -i names an interface that is there: a misspelt one shows nothing, as one without drops does. */
import { StrandedError, TcpdropError } from "../errors.ts";
import { HeldNetns } from "../host/enter-netns.ts";
import { listDevices } from "../host/links.ts";
import { libcSyscalls } from "../sys/libc.ts";

/**
 * What is to be said, a sentence; undefined where it is there, or nobody could look. `netns`: the namespaces that
 * are traced, all where undefined: then this one alone is looked at.
 */
export function missingInterface(
  name: string,
  shown: string,
  netns: readonly number[] | undefined,
): string | undefined {
  try {
    const places = netns === undefined ? [listDevices()] : netns.map(devicesOf);
    if (places.flat().some((device) => device.name === name)) return undefined;
  } catch (failure) {
    // Without rights nobody can look; what cannot be traced is said later.
    if (failure instanceof TcpdropError && !(failure instanceof StrandedError)) return undefined;
    throw failure;
  }
  if (netns === undefined)
    return `${shown}: this network namespace has no such interface; unless another one has, nothing will be shown`;
  const where = netns.length === 1 ? "the network namespace has no" : "none of the network namespaces has";
  return `${shown}: ${where} such interface; until there is one, nothing will be shown`;
}

function devicesOf(inode: number): ReturnType<typeof listDevices> {
  using held = HeldNetns.open(libcSyscalls, inode);
  return held.inside(listDevices);
}
