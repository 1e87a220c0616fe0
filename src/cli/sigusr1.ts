/**
 * SIGUSR1 belongs to this process from the import of this file on. Node itself opens its debugger on that
 * signal, on a TCP port where any local user can then run code as the user of this process: root.
 *
 * What comes before the first statement is Node's: the installed command is started so that Node cannot open a
 * port then (tools/bundle.ts). Started as `node main.cjs`, it can, and we close it.
 */
let onSignal: () => void = () => undefined;

process.on("SIGUSR1", () => onSignal());

/** Closes the debugger; does nothing where it is not open. node:inspector takes milliseconds to load. */
const { _debugEnd: closeDebugger } = process as { readonly _debugEnd?: () => void };

// Whoever asks for a debugger, or names its port as the installed command does, is not meant.
if (closeDebugger !== undefined && !process.execArgv.some((option) => option.startsWith("--inspect"))) {
  closeDebugger();
  // A signal that came before the handler is handled by another thread of Node's, whenever that has a CPU.
  setImmediate(closeDebugger).unref();
  for (const ms of [20, 100, 500, 2000, 10_000]) setTimeout(closeDebugger, ms).unref();
}

/** What to do on SIGUSR1 from now on; nothing by default. */
export function onSigusr1(action: () => void): void {
  onSignal = action;
}
