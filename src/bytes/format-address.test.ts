import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatIpv4, formatIpv6 } from "./format-address.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 20_000) / 4;

const KNOWN = [
  ["00000000000000000000000000000000", "::"],
  ["00000000000000000000000000000001", "::1"],
  ["20010db8000000000000000000000001", "2001:db8::1"],
  ["20010db8000100010001000100010001", "2001:db8:1:1:1:1:1:1"],
  // RFC 5952, 4.2.2: one zero group alone stays; 4.2.3: the longest run, the first of equals.
  ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
  ["20010000000000010000000000000001", "2001:0:0:1::1"],
  ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
  ["fe800000000000000000000000000000", "fe80::"],
  ["00000000000000000000ffffc0000201", "::ffff:192.0.2.1"],
  ["000000000000000000000000c0000201", "::c000:201"],
  ["ABCDEF00000000000000000000000000", "abcd:ef00::"],
] as const;

describe("formatIpv6", () => {
  for (const [bytes, text] of KNOWN)
    test(`${bytes} is ${text}`, () => assert.equal(formatIpv6(Buffer.from(bytes, "hex"), 0), text));

  /** The WHATWG's serializer writes the same but for v4-mapped addresses, which it keeps in hex. */
  test("agrees with URL's canonical form, at any offset, and is an address", () => {
    const groups = fc.array(
      fc.oneof(fc.constant(0), fc.constant(0), fc.constantFrom(1, 0xffff, 0x0a), fc.nat({ max: 0xffff })),
      {
        minLength: 8,
        maxLength: 8,
      },
    );
    const property = fc.property(groups, fc.nat({ max: 20 }), (parts, at) => {
      const bytes = new Uint8Array(40).fill(0xa5);
      for (const [index, group] of parts.entries()) bytes.set([group >> 8, group & 0xff], at + 2 * index);
      const text = formatIpv6(bytes, at);
      const url = new URL(`http://[${parts.map((group) => group.toString(16)).join(":")}]/`);
      assert.ok(isIPv6(text), text);
      assert.equal(new URL(`http://[${text}]/`).hostname, url.hostname);
      if (!text.startsWith("::ffff:") || !text.includes(".")) assert.equal(`[${text}]`, url.hostname);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  test("writes each v4-mapped address with its IPv4 part in dots", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (part) => {
        const bytes = Buffer.concat([Buffer.from("00000000000000000000ffff", "hex"), part]);
        assert.equal(formatIpv6(bytes, 0), `::ffff:${formatIpv4(part, 0)}`);
      }),
    );
  });
});

test("formatIpv4 agrees with URL's canonical form, at any offset, and is an address", () => {
  const property = fc.property(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.nat({ max: 20 }),
    (part, at) => {
      const bytes = new Uint8Array(40).fill(0xa5);
      bytes.set(part, at);
      const text = formatIpv4(bytes, at);
      assert.ok(isIPv4(text), text);
      assert.equal(new URL(`http://${Buffer.from(part).readUInt32BE()}/`).hostname, text);
    },
  );
  fc.assert(property, { numRuns: RUNS });
});
