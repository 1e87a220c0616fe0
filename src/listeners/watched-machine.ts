/** The machine whose listening sockets are watched: ways into its namespaces, and programs on its sockets. */
import type { Btf } from "../btf/index.ts";
import { ClosedListeners } from "../capture/kinds/refused/closed-listeners.ts";
import { ListenerWalker } from "../capture/kinds/refused/listener-walker.ts";
import { UnsupportedError, VerifierError } from "../errors.ts";
import type { NamespaceEntry } from "../host/authority.ts";
import type { NetnsFinder } from "../host/netns-finder.ts";
import { Scope } from "../sys/scope.ts";
import type { Syscalls } from "../sys/syscalls.ts";
import { NamespaceVisits } from "./namespace-visits.ts";

export interface WatchedMachine extends Disposable {
  readonly finder: Pick<NetnsFinder, "paths" | "findAllSteps" | "findNewSteps">;
  readonly visits: Pick<NamespaceVisits, "visit" | "refused" | "keepOnly">;
  /** Undefined where the kernel does not let closing sockets be seen. */
  readonly closed: Pick<ClosedListeners, "take" | "detach"> | undefined;
}

/** Loads the programs; throws what loading and attaching the iterator over listening sockets throw. */
export function openMachine(
  sys: Syscalls,
  btf: Btf,
  options: {
    readonly netns: readonly number[] | undefined;
    readonly possibleCpus: number;
    readonly namespaces: NamespaceEntry;
    readonly owners?: boolean;
  },
): WatchedMachine {
  const scope = new Scope();
  try {
    const walker = scope.own(ListenerWalker.open(sys, btf, options.owners));
    return {
      finder: options.namespaces.sharedFinder(options.netns),
      visits: new NamespaceVisits(options.namespaces, walker),
      closed: openClosed(() => scope.own(ClosedListeners.open(sys, btf, options))),
      [Symbol.dispose]: () => scope[Symbol.dispose](),
    };
  } catch (failure) {
    scope[Symbol.dispose]();
    throw failure;
  }
}

/** Without them, what a socket refused just before it was closed has no address. */
function openClosed(open: () => ClosedListeners): ClosedListeners | undefined {
  try {
    return open();
  } catch (failure) {
    if (failure instanceof UnsupportedError || failure instanceof VerifierError) return undefined;
    throw failure;
  }
}
