/** Terminals by ioctl(2): their size, who is in their foreground, and keys that come without Enter. */
import { bytes, struct, u16, u32 } from "../bytes/struct.ts";
import { ECHO, ICANON, TCGETS, TCSETS, TIOCGPGRP, TIOCGWINSZ, VMIN, VTIME } from "./macros.ts";
import type { Fd, Syscalls } from "./syscalls.ts";

/** `struct winsize`, include/uapi/asm-generic/termios.h. */
export const winsize = struct("winsize", 8, { wsRow: u16(0), wsCol: u16(2) });
/** `struct termios`, include/uapi/asm-generic/termbits.h: what TCGETS fills in. */
export const termios = struct("termios", 36, { cLflag: u32(12), cCc: bytes(17, 19) });

/** In characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Of a terminal that does not know its own, as one of script(1) without another around it. */
const USUAL: TerminalSize = { columns: 80, rows: 24 };

/** Undefined where `fd` is no terminal. */
export function terminalSize(sys: Syscalls, fd: number): TerminalSize | undefined {
  const size = new Uint8Array(winsize.size);
  if (sys.ioctl(fd as Fd, TIOCGWINSZ, size) < 0) return undefined;
  const { wsRow, wsCol } = winsize.decode(size);
  return { columns: wsCol === 0 ? USUAL.columns : wsCol, rows: wsRow === 0 ? USUAL.rows : wsRow };
}

/**
 * The process group in the foreground of a terminal; undefined where it is not the controlling terminal of
 * this process, which then may read it and change it at any time.
 */
export function foregroundGroup(sys: Syscalls, fd: number): number | undefined {
  const group = new Int32Array(1);
  return sys.ioctl(fd as Fd, TIOCGPGRP, new Uint8Array(group.buffer)) < 0 ? undefined : group[0];
}

/**
 * From now on each key can be read at once, and none is shown; those that send signals still do. Gives what
 * `restoreKeys` takes; undefined where the terminal is gone.
 *
 * From the background both would stop the process with SIGTTOU: tty_check_change(),
 * drivers/tty/tty_jobctrl.c.
 */
export function readKeysAtOnce(sys: Syscalls, fd: number): Uint8Array | undefined {
  const before = new Uint8Array(termios.size);
  if (sys.ioctl(fd as Fd, TCGETS, before) < 0) return undefined;
  const wanted = before.slice();
  const { cLflag, cCc } = termios.fields;
  new Uint32Array(wanted.buffer)[cLflag.offset / 4] = termios.decode(before).cLflag & ~(ICANON | ECHO);
  wanted[cCc.offset + VMIN] = 1;
  wanted[cCc.offset + VTIME] = 0;
  return sys.ioctl(fd as Fd, TCSETS, wanted) < 0 ? undefined : before;
}

export function restoreKeys(sys: Syscalls, fd: number, before: Uint8Array): void {
  sys.ioctl(fd as Fd, TCSETS, before);
}
