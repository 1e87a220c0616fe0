/** Files that others may have prepared for a process that runs as root. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { SyscallError, UsageError } from "../errors.ts";
import { openOutputFile } from "./file.ts";
import { folder } from "./pipe.test.kit.ts";

let made = 0;
const newPath = (): string => {
  made += 1;
  return join(folder, `file-${made}`);
};
/** It is refused, and what was there is as it was. */
function refuses(path: string, message: RegExp, victim = path): void {
  const before = readFileSync(victim, "utf8");
  assert.throws(
    () => openOutputFile(path),
    (error) => error instanceof UsageError && message.test(error.message),
  );
  assert.equal(readFileSync(victim, "utf8"), before);
}

describe("openOutputFile", () => {
  test("makes a file that only its owner may read, whatever the umask", () => {
    const path = newPath();
    const umask = process.umask(0);
    try {
      using file = openOutputFile(path);
      file.empty();
      writeSync(file.fd, "one");
    } finally {
      process.umask(umask);
    }
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(readFileSync(path, "utf8"), "one");
  });

  test("removes what it made where nothing was to be written, and nothing else", () => {
    const path = newPath();
    openOutputFile(path)[Symbol.dispose]();
    assert.equal(existsSync(path), false);
    const file = openOutputFile(path);
    renameSync(path, `${path}.moved`);
    writeFileSync(path, "of somebody else");
    file[Symbol.dispose]();
    assert.equal(readFileSync(path, "utf8"), "of somebody else");
  });

  test("empties a file of ours, and leaves its mode as it was", () => {
    const path = newPath();
    writeFileSync(path, "yesterday's events", { mode: 0o640 });
    using file = openOutputFile(path);
    assert.equal(readFileSync(path, "utf8"), "yesterday's events", "not by opening it");
    file.empty();
    writeSync(file.fd, "new");
    assert.equal(readFileSync(path, "utf8"), "new");
    assert.equal(statSync(path).mode & 0o777, 0o640);
  });

  test("goes through no symbolic link, dangling or not", () => {
    const [victim, link, dangling] = [newPath(), newPath(), newPath()];
    writeFileSync(victim, "precious");
    symlinkSync(victim, link);
    refuses(link, /it is a symbolic link/, victim);
    symlinkSync(newPath(), dangling);
    assert.throws(() => openOutputFile(dangling), UsageError);
  });

  test("writes to no file with another name", () => {
    const [victim, link] = [newPath(), newPath()];
    writeFileSync(victim, "precious");
    linkSync(victim, link);
    refuses(link, /other names too/, victim);
  });

  test("does not hang on a FIFO, and writes to none", () => {
    const path = newPath();
    execFileSync("mkfifo", [path]);
    assert.throws(
      () => openOutputFile(path),
      (error) => error instanceof UsageError && /: it is not a regular file$/.test(error.message),
    );
  });

  test("writes to no file of another user", (t) => {
    if (process.geteuid?.() !== 0) return t.skip("only root can make one");
    const path = newPath();
    writeFileSync(path, "theirs");
    chownSync(path, 65_534, 65_534);
    refuses(path, /it belongs to another user/);
  });

  test("says what it cannot open, and why", () => {
    const path = newPath();
    mkdirSync(path);
    assert.throws(
      () => openOutputFile(path),
      (error) =>
        error instanceof SyscallError &&
        error.message.startsWith(`Cannot write to "${path}": `) &&
        /illegal operation on a directory \(open: EISDIR\)$/.test(error.message),
    );
  });
});
