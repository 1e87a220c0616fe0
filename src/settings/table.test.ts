import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type CommandName, environmentName, SETTINGS, type Setting, settingsIn } from "./table.ts";

const COMMANDS: readonly CommandName[] = ["trace", "demo", "doctor", "reconcile", "explain"];

describe("SETTINGS", () => {
  for (const command of COMMANDS)
    test(`no two flags of ${command} share a name, and each is explained`, () => {
      const forms = settingsIn(command).flatMap((row) =>
        row.forms.map(({ flags, doc = row.doc }) => ({ flags, doc })),
      );
      const names = forms.flatMap(({ flags }) => flags.match(/--?[a-z0-9-]+/g) ?? []);
      assert.equal(new Set(names).size, names.length);
      for (const { flags, doc } of forms) assert.ok(doc.length > 10, flags);
    });

  const rows = COMMANDS.flatMap((command) => settingsIn(command).map((row) => ({ ...row, command })));

  for (const { key, command, rule, forms, choices = [], default: text } of rows)
    test(`the default, the choices and the flags without an argument are values: ${key} of ${command}`, () => {
      const texts = [
        ...forms.flatMap((form) => form.means ?? []),
        ...choices,
        ...(text === undefined ? [] : [text]),
      ];
      for (const one of texts) assert.notEqual(rule.parse(one), undefined, one);
      if (text !== undefined && choices.length > 0) assert.ok(choices.includes(text));
    });

  test("each setting is taken by a command, and its key is its flag's name", () => {
    for (const [key, row] of Object.entries<Setting>(SETTINGS)) {
      assert.ok(Object.keys(row.commands).length > 0, key);
      assert.match(key, /^[a-z]+(-[a-z]+)*$/);
      if (key !== "family")
        assert.ok(
          row.forms.some(({ flags }) => flags.includes(`--${key}`)),
          key,
        );
    }
  });
});

test("environmentName is the key in capitals, and no two are the same", () => {
  assert.equal(environmentName("max-events"), "TCPDROP_MAX_EVENTS");
  const names = Object.keys(SETTINGS).map(environmentName);
  assert.equal(new Set(names).size, names.length);
});
