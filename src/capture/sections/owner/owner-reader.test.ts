/** Identities from records: which bits make which, and one object for all that say the same. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { StructValue } from "../../../bytes/struct.ts";
import type { SocketIdentity } from "../../../model/owner.ts";
import { encodeRecord, part } from "../../core/encode-record.test.kit.ts";
import { KIND } from "../../core/record-head.ts";
import { recordLayout } from "../../core/record-layout.ts";
import { RecordView } from "../../core/record-view.ts";
import { socket } from "../socket/socket.ts";
import { OWNER, owner, type ownerLayout } from "./owner.ts";
import { OwnerReader } from "./owner-reader.ts";

const LAYOUT = recordLayout<never>(KIND.drop, [owner, socket]);
type Values = Partial<StructValue<(typeof ownerLayout)["fields"]>> & { readonly cookie?: bigint };

/** Identities of records that lie one behind the other. */
function identities(...records: readonly Values[]): readonly SocketIdentity[] {
  const bytes = records.map(({ cookie = 0n, ...values }) =>
    encodeRecord(LAYOUT, {}, [part(owner, values), part(socket, { cookie })]),
  );
  const memory = new Uint8Array(Buffer.concat(bytes));
  const reader = OwnerReader.of(new RecordView(memory), LAYOUT) ?? assert.fail("it has the section");
  return bytes.map((_record, index) => reader.read(index * LAYOUT.fixedBytes));
}

const FULL: Values = {
  inode: 54_321n,
  cgroupId: 7n,
  netnsCookie: 4096n,
  uid: 0,
  bits: OWNER.full | OWNER.read | OWNER.socket,
  cookie: 99n,
};
const READ: SocketIdentity = {
  form: "full",
  inode: 54_321,
  cgroupId: 7n,
  uid: 0,
  skCookie: 99n,
  isOrphan: false,
  hasSocket: true,
  netnsCookie: 4096n,
};

describe("OwnerReader.read", () => {
  const CASES: Readonly<Record<string, readonly [Values, Partial<SocketIdentity>]>> = {
    "a full socket of root": [{}, {}],
    "one without a file": [{ inode: 0n }, { inode: undefined }],
    "an orphan": [
      { inode: 0n, bits: OWNER.full | OWNER.read | OWNER.dead },
      { inode: undefined, isOrphan: true, hasSocket: false },
    ],
    "a request": [{ bits: OWNER.request | OWNER.read | OWNER.socket }, { form: "request" }],
    "a request without a listener": [
      { inode: 0n, cgroupId: 0n, cookie: 0n, bits: OWNER.request },
      {
        form: "request",
        inode: undefined,
        cgroupId: undefined,
        uid: undefined,
        skCookie: undefined,
        hasSocket: false,
      },
    ],
    "one in TIME_WAIT": [
      { inode: 0n, cgroupId: 0n, bits: OWNER.timewait },
      { form: "timewait", inode: undefined, cgroupId: undefined, uid: undefined, hasSocket: false },
    ],
    "no socket": [
      { inode: 0n, cgroupId: 0n, cookie: 0n, netnsCookie: 0n, bits: 0 },
      {
        form: undefined,
        inode: undefined,
        cgroupId: undefined,
        uid: undefined,
        skCookie: undefined,
        hasSocket: false,
        netnsCookie: undefined,
      },
    ],
    "numbers beyond 32 bits": [
      { inode: 2n ** 40n + 5n, cgroupId: 2n ** 63n + 1n },
      { inode: 2 ** 40 + 5, cgroupId: 2n ** 63n + 1n },
    ],
    "the greatest uid": [{ uid: 0xffff_ffff }, { uid: 0xffff_ffff }],
  };
  for (const [title, [values, wanted]] of Object.entries(CASES))
    test(`of ${title}`, () => {
      const [found] = identities({ ...FULL, ...values });
      assert.deepEqual(found, { ...READ, ...wanted });
      assert(Object.isFrozen(found));
    });

  test("is one object for records that say the same, and another for each that differs", () => {
    const others: readonly Values[] = [
      { inode: 1n },
      { inode: 54_321n + 2n ** 32n },
      { cgroupId: 8n },
      { netnsCookie: 4097n },
      { uid: 1 },
      { bits: OWNER.full | OWNER.read },
      { cookie: 100n },
    ];
    const [first, second, ...rest] = identities(
      FULL,
      FULL,
      ...others.map((other) => ({ ...FULL, ...other })),
    );
    assert.equal(second, first);
    for (const [index, one] of rest.entries()) assert.notDeepEqual(one, first, `other ${index}`);
  });

  test("of no record is called where the layout has no such section", () => {
    const layout = recordLayout<never>(KIND.drop, [socket]);
    assert.equal(OwnerReader.of(new RecordView(new Uint8Array(64)), layout), undefined);
  });
});
