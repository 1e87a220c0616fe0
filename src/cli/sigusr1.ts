/**
 * SIGUSR1 belongs to this process from the import of this file on. Node itself opens its debugger on that
 * signal, on a TCP port where any local user can then run code as the user of this process: root.
 *
 * What comes before the first statement is Node's: the installed command is started so that Node cannot open a
 * port then (tools/bundle.ts).
 */
let onSignal: () => void = () => undefined;

process.on("SIGUSR1", () => onSignal());

/** What to do on SIGUSR1 from now on; nothing by default. */
export function onSigusr1(action: () => void): void {
  onSignal = action;
}
