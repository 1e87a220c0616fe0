/** The examples run, as a user would run them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const FOLDER = join(import.meta.dirname, "../../examples");

for (const example of readdirSync(FOLDER).filter((name) => name.endsWith(".js")))
  test(`examples/${example} runs for a second and ends well`, { timeout: 20_000 }, () => {
    const { status, stderr } = spawnSync(process.execPath, [join(FOLDER, example), "1"], {
      encoding: "utf8",
      timeout: 15_000,
    });
    assert.equal(status, 0, stderr);
  });
