import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Command } from "commander";
import fc from "fast-check";
import { TcpdropError, UsageError } from "../errors.ts";
import { environmentName } from "../settings/table.ts";
import { fromConfigFile } from "./config-file.ts";
import { addFlags, fromFlags } from "./flags.ts";
import { netnsOf } from "./netns-setting.ts";
import { fromEnvironment, type GivenSettings, KEYS, readSettings } from "./settings.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 20;

const folder = mkdtempSync(join(tmpdir(), "tcpdrop-settings-"));
after(() => rmSync(folder, { recursive: true }));
const FILE = join(folder, "tcpdrop.toml");

function flags(...words: readonly string[]): GivenSettings {
  const command = addFlags(new Command(), "trace").exitOverride();
  command.configureOutput({ writeErr: () => undefined });
  command.parse([...words], { from: "user" });
  return fromFlags(command, "trace");
}

async function file(text: string): Promise<GivenSettings> {
  writeFileSync(FILE, text);
  return await fromConfigFile(FILE);
}

const NONE: GivenSettings = new Map();

function refused(read: () => unknown): { message: string; hint: string | undefined } {
  try {
    read();
  } catch (failure) {
    assert.ok(failure instanceof UsageError, String(failure));
    return { message: failure.message, hint: failure.hint };
  }
  return assert.fail("it was taken");
}

describe("readSettings", () => {
  test("has defaults where nothing is given", () => {
    const { values, given } = readSettings("trace", NONE);
    assert.deepEqual(
      [values.buffer, values.format, values.stacks, values.listeners, values.netns, values.duration],
      [1 << 24, "table", "auto", true, undefined, undefined],
    );
    assert.equal(given("buffer"), undefined);
    assert.equal(readSettings("reconcile", NONE).values.duration, 10_000);
  });

  test("a flag goes before the environment, that before the file, and that before the default", async () => {
    const [byFlag, byEnvironment] = [flags("--buffer", "1M"), fromEnvironment({ TCPDROP_BUFFER: "2M" })];
    const byFile = await file('buffer = "4M"');
    const sizes = [
      readSettings("trace", byFlag, byEnvironment, byFile),
      readSettings("trace", NONE, byEnvironment, byFile),
      readSettings("trace", NONE, NONE, byFile),
    ].map(({ values }) => values.buffer);
    assert.deepEqual(sizes, [1 << 20, 2 << 20, 4 << 20]);
  });

  test("what repeats adds up, whichever of its flags gives it", () => {
    const own = statSync("/proc/self/ns/net").ino;
    const given = flags("--netns", "pid:self", "--pid-netns", String(process.pid), "--netns-id", String(own));
    assert.deepEqual(readSettings("trace", given).values.netns, [own, own, own]);
    assert.deepEqual(netnsOf(readSettings("trace", given)), [own]);
    assert.equal(netnsOf(readSettings("trace", NONE)), undefined);
  });

  test("tcpdump's -n, -i and -c are taken", () => {
    const { values } = readSettings("trace", flags("-nc", "3", "-i", "eth0"));
    assert.deepEqual([values.numeric, values.count, values.interface], [true, 3, "eth0"]);
  });

  test("each source has the same words for the same setting", async () => {
    const expected = {
      family: 4,
      all: true,
      stacks: "none",
      listeners: false,
      summary: { everyMs: 1000, by: "site" },
      sample: 100,
      write: ["a.ndjson", "b.ndjson"],
    };
    const { write: _two, ...alone } = expected;
    const picked = (given: GivenSettings): unknown => {
      const { values } = readSettings("trace", given);
      return Object.fromEntries(
        Object.keys(expected).map((key) => [key, values[key as keyof typeof expected]]),
      );
    };
    assert.deepEqual(
      picked(
        flags(
          ...["-4", "-a", "--no-stack", "--no-listeners", "--summary", "--sample", "1/100"],
          ...["-w", "a.ndjson", "-w", "b.ndjson"],
        ),
      ),
      expected,
    );
    assert.deepEqual(
      picked(
        fromEnvironment({
          TCPDROP_FAMILY: "4",
          TCPDROP_ALL: "yes",
          TCPDROP_STACKS: "none",
          TCPDROP_LISTENERS: "none",
          TCPDROP_SUMMARY: "1s",
          TCPDROP_SAMPLE: "1/100",
        }),
      ),
      { ...alone, write: undefined },
    );
    assert.deepEqual(
      picked(
        await file(`family = 4\nall = true\nstacks = "none"\nlisteners = "none"\nsummary = true
sample = "1/100"\nwrite = ["a.ndjson", "b.ndjson"]`),
      ),
      expected,
    );
  });

  test("an error names where the value came from, and how to write another there", async () => {
    const read = (given: GivenSettings) => refused(() => readSettings("trace", given));
    const problem = "is not a size from 4K to 1G";
    const how = "Give bytes, or a number with K, M or G";
    assert.deepEqual(read(flags("--buffer", "5")), {
      message: `--buffer 5 ${problem}`,
      hint: `${how}: --buffer 64M`,
    });
    assert.deepEqual(read(fromEnvironment({ TCPDROP_BUFFER: "5" })), {
      message: `TCPDROP_BUFFER=5 ${problem}`,
      hint: `${how}: TCPDROP_BUFFER=64M`,
    });
    assert.deepEqual(read(await file("buffer = 5")), {
      message: `buffer = 5 in ${FILE} ${problem}`,
      hint: `${how}: buffer = "64M"`,
    });
    assert.match(
      read(fromEnvironment({ TCPDROP_NETNS: "nowhere" })).message,
      /^TCPDROP_NETNS=nowhere: Cannot find/,
    );
  });

  test("a choice that the command lacks is refused", () => {
    const given = fromEnvironment({ TCPDROP_FORMAT: "bcc" });
    assert.equal(readSettings("trace", given).values.format, "bcc");
    assert.equal(
      refused(() => readSettings("reconcile", given)).message,
      "TCPDROP_FORMAT=bcc is not one of table, json",
    );
  });

  test("two flags of one setting contradict each other, or the last one decides", () => {
    assert.match(refused(() => flags("-4", "-6")).message, /^-4 and -6 together leave nothing to trace$/);
    assert.equal(readSettings("trace", flags("--stacks", "all", "--no-stack")).values.stacks, "none");
  });
});

test("columns are names, titles or words of filters; an error names the nearest", async () => {
  const columns = async (text: string): Promise<readonly string[] | undefined> =>
    readSettings("trace", await file(`columns = "${text}"`)).values.columns;
  assert.deepEqual(await columns("time, src,DST,iface,pid"), ["time", "src", "dst", "ifname", "cpu_pid"]);
  const wrong = refused(() => readSettings("trace", flags("--columns", "time,sadr")));
  assert.equal(wrong.message, '--columns time,sadr: There is no column "sadr"');
  assert.match(wrong.hint ?? "", /^Did you mean saddr/);
  assert.match(
    refused(() => readSettings("trace", flags("--columns", "src,time,src"))).message,
    /src comes twice/,
  );
  assert.match(
    refused(() => readSettings("trace", flags("--columns", "src,,dst"))).message,
    /is not a list of columns/,
  );
  assert.doesNotMatch(
    refused(() => readSettings("trace", flags("--columns", "\u202e\u009b"))).message,
    /[\u202e\u009b]/,
  );
});

test("variables that Kubernetes gives for a service of that name are no misspelt settings", () => {
  const service = {
    TCPDROP_PORT: "tcp://10.0.0.1:80",
    TCPDROP_SERVICE_HOST: "10.0.0.1",
    TCPDROP_PORT_80_TCP: "x",
  };
  assert.equal(fromEnvironment(service).size, 0);
});

describe("fromEnvironment", () => {
  test("leaves alone what is empty, another's, or of the command line only", () => {
    const others = {
      TCPDROP_BUFFER: "",
      TCPDROP_SERVICE_HOST: "10.0.0.1",
      TCPDROP_PORT: "tcp://10.0.0.1:80",
      TCPDROP_TEST_SLOWNESS: "1",
      TCPDROP_CONFIG: "/etc/passwd",
      BUFFER: "5",
    };
    assert.equal(fromEnvironment(others).size, 0);
  });

  test("a name that is nearly a setting's is an error", () => {
    for (const [name, near] of [
      ["TCPDROP_BUFER", "TCPDROP_BUFFER"],
      ["TCPDROP_MAX_EVENT", "TCPDROP_MAX_EVENTS"],
      ["TCPDROP_STAKCS", "TCPDROP_STACKS"],
    ] as const) {
      const { message, hint } = refused(() => fromEnvironment({ [name]: "1" }));
      assert.equal(message, `${name} in the environment is not a setting`);
      assert.equal(hint, `Did you mean ${near}?`);
    }
  });
});

describe("fromConfigFile", () => {
  const rejects = async (text: string, message: RegExp, hint: RegExp = /./): Promise<void> => {
    await assert.rejects(file(text), (failure) => {
      assert.ok(failure instanceof UsageError, String(failure));
      assert.match(failure.message, message);
      assert.match(failure.hint ?? "", hint);
      return true;
    });
  };

  test("a key that is not a setting is an error with the nearest names", async () => {
    await rejects('bufer = "1M"', /^"bufer" in \S+ is not a setting$/, /Did you mean buffer/);
    await rejects("[trace]\nall = true", /has the table \[trace\]$/);
    await rejects("__proto__ = 1", /^"__proto__" in/, /Settings are/);
    await rejects("filter-file = '/etc/shadow'", /^"filter-file" in/, /filter/);
  });

  test("a value that no setting can have is an error", async () => {
    for (const value of ["1979-05-27", "{ a = 1 }", '["1M"]', "[[1]]", "nan"])
      await assert.rejects(async () => readSettings("trace", await file(`buffer = ${value}`)), {
        code: "USAGE",
        message: /^buffer = .* is not a size from 4K to 1G$/,
      });
    await rejects("write = [1979-05-27]", /^write = .* is not the name of a file$/);
  });

  test("a file that is not TOML is an error with its line, and nothing of it that steers a terminal", async () => {
    await rejects(
      'all = true\nbuffer = "\x1b[1m',
      /^\S+ is not TOML, line 2: [\x20-\x7e]+$/,
      /buffer = "64M"/,
    );
  });

  test("a file that is not there is an error", async () => {
    await assert.rejects(fromConfigFile(join(folder, "none")), {
      code: "USAGE",
      message: /^Cannot read the settings/,
    });
  });
});

test("any text for any setting, from any source, is taken or refused with a sentence that names the source", async () => {
  const keys = KEYS.filter((key) => key !== "netns");
  const property = fc.asyncProperty(fc.constantFrom(...keys), fc.string(), async (key, text) => {
    const name = environmentName(key);
    const sources = [
      [name, () => fromEnvironment({ [name]: text })],
      [FILE, () => file(`${key} = ${JSON.stringify(text)}`)],
    ] as const;
    for (const [origin, read] of sources) {
      try {
        readSettings("trace", await read());
      } catch (failure) {
        assert.ok(failure instanceof TcpdropError && failure.code === "USAGE", String(failure));
        assert.ok(failure.message.includes(origin), failure.message);
        assert.doesNotMatch(failure.message, /[\p{Cc}\p{Cf}]/u);
      }
    }
  });
  await fc.assert(property, { numRuns: RUNS });
});
