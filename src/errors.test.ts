import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";
import {
  BuildError,
  DecodeError,
  ERROR_CODES,
  EXIT,
  FilterError,
  PermissionError,
  StrandedError,
  SyscallError,
  TcpdropError,
  UnsupportedError,
  UsageError,
  VerifierError,
} from "./errors.ts";

/** dist/src/ is two levels below the root. */
const markdown = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");

/**
 * The cells of the rows of the table under a heading, without the line of titles and the one of dashes; code
 * marks taken off.
 */
function tableUnder(heading: string): readonly (readonly string[])[] {
  const section = markdown.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.replace(/^`(.*)`$/, "$1")),
  );
}

test("ERROR_CODES stand in docs/errors.md, all of them and no others", () => {
  const expected = Object.entries(ERROR_CODES).map(([code, { exit, meaning }]) => [
    code,
    String(exit),
    meaning,
  ]);
  assert.deepEqual(tableUnder("Error codes"), expected);
});

test("EXIT stands in docs/errors.md, all of it and nothing else", () => {
  const expected = Object.entries(EXIT).map(([name, code]) => [String(code), name]);
  assert.deepEqual(
    tableUnder("Exit codes").map(([code, name]) => [code, name]),
    expected,
  );
});

test("every class stands in docs/errors.md with the code that it carries", () => {
  const failures = [
    new SyscallError("Cannot try", {
      call: "bpf",
      errno: 1,
      errnoName: "EPERM",
      errnoText: "operation not permitted",
    }),
    new VerifierError("refused", "log"),
    new UnsupportedError("too old", "tp_btf"),
    new PermissionError("no rights", ["CAP_BPF"]),
    new DecodeError("drop_record", 4, "too short"),
    new FilterError({ text: "", start: 0, end: 0, problem: "wrong" }),
    new UsageError("wrong"),
    new StrandedError(7),
    new BuildError("wrong"),
  ];
  assert.deepEqual(
    tableUnder("Classes").map(([name, code]) => [name, code]),
    failures.map(({ name, code }) => [name, code]),
  );
});

test("TcpdropError carries code, hint, cause, and the exit code of the table", () => {
  const cause = new Error("below");
  const failure = new TcpdropError("TOOL_MISSING", "Cannot run ip", { hint: "Install it", cause });
  assert.deepEqual(
    [failure.code, failure.hint, failure.exitCode, failure.cause, failure.name],
    ["TOOL_MISSING", "Install it", EXIT.failed, cause, "TcpdropError"],
  );
  assert.equal("cause" in new TcpdropError("USAGE", "wrong"), false);
});

test("messages say what was tried and why it failed", () => {
  const failure = {
    call: "bpf(BPF_PROG_LOAD)",
    errno: 1,
    errnoName: "EPERM",
    errnoText: "operation not permitted",
  };
  assert.equal(
    new SyscallError("Cannot load", failure).message,
    "Cannot load: operation not permitted (bpf(BPF_PROG_LOAD): EPERM)",
  );
  assert.equal(
    new DecodeError("drop_record", 4, "too short").message,
    "Cannot decode drop_record at byte 4: too short",
  );
});

test("VerifierError shows its log to who asks for it, and not to who prints the error", () => {
  const error = new VerifierError("refused", "0: (95) exit\nR0 !read_ok\n");
  assert.match(error.log, /R0 !read_ok/);
  assert.doesNotMatch(inspect(error), /R0 !read_ok/);
});
