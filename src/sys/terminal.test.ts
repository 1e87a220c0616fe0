/** Layouts against the running kernel's BTF, and what is set on a fake terminal. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findMember, openKernelBtf } from "../btf/index.ts";
import { fakeSyscalls } from "./fake.test.kit.ts";
import { ECHO, ICANON, TCGETS, TCSETS, TIOCGWINSZ, VMIN } from "./macros.ts";
import { foregroundGroup, readKeysAtOnce, restoreKeys, terminalSize, termios, winsize } from "./terminal.ts";

const ISIG = 0o1;
const ENOTTY = -25;

describe("layouts of terminals", () => {
  const btf = openKernelBtf();
  const offsets = (struct: string, names: readonly string[]): readonly (number | undefined)[] => {
    const type = btf.find(struct, ["struct"]);
    assert(type !== undefined, struct);
    return names.map((name) => {
      const member = findMember(btf, type.id, name);
      return member === undefined ? undefined : member.offsetBits / 8;
    });
  };
  test("are those of the running kernel", () => {
    assert.deepEqual(offsets("winsize", ["ws_row", "ws_col"]), [
      winsize.fields.wsRow.offset,
      winsize.fields.wsCol.offset,
    ]);
    assert.deepEqual(offsets("termios", ["c_lflag", "c_cc"]), [
      termios.fields.cLflag.offset,
      termios.fields.cCc.offset,
    ]);
    assert.equal(termios.size, termios.fields.cCc.offset + termios.fields.cCc.size);
  });
});

/** ioctl(2) of a terminal with these settings. */
function terminalOf(settings: Uint8Array, size: Uint8Array) {
  return fakeSyscalls({
    ioctl: (_fd, request, argument) => {
      if (typeof argument === "number") return ENOTTY;
      if (request === TCGETS) argument.set(settings);
      else if (request === TIOCGWINSZ) argument.set(size);
      else if (request === TCSETS) settings.set(argument);
      else return ENOTTY;
      return 0;
    },
  }).sys;
}

test("terminalSize is what the terminal says, or 80x24 where it does not know", () => {
  const sized = (wsRow: number, wsCol: number) =>
    terminalSize(terminalOf(new Uint8Array(termios.size), winsize.encode({ wsRow, wsCol })), 1);
  assert.deepEqual(sized(50, 200), { columns: 200, rows: 50 });
  assert.deepEqual(sized(0, 0), { columns: 80, rows: 24 });
  assert.equal(terminalSize(fakeSyscalls({ ioctl: () => ENOTTY }).sys, 1), undefined);
});

test("foregroundGroup is undefined where the terminal is not the controlling one", () => {
  assert.equal(foregroundGroup(fakeSyscalls({ ioctl: () => ENOTTY }).sys, 0), undefined);
  const { sys } = fakeSyscalls({
    ioctl: (_fd, _request, argument) => {
      if (argument instanceof Uint8Array) new Int32Array(argument.buffer)[0] = 4711;
      return 0;
    },
  });
  assert.equal(foregroundGroup(sys, 0), 4711);
});

test("readKeysAtOnce takes Enter and echo away and leaves signals, restoreKeys brings all back", () => {
  const cCc = new Uint8Array(19).fill(9);
  const settings = termios.encode({ cLflag: ICANON | ECHO | ISIG, cCc });
  const original = settings.slice();
  const sys = terminalOf(settings, new Uint8Array(winsize.size));
  const before = readKeysAtOnce(sys, 0);
  assert(before !== undefined);
  const { cLflag, cCc: keys } = termios.decode(settings);
  assert.equal(cLflag, ISIG);
  assert.equal(keys[VMIN], 1);
  restoreKeys(sys, 0, before);
  assert.deepEqual(settings, original);
});
