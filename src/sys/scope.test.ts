import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Scope } from "./scope.ts";

const failing = (message: string) => () => {
  throw new Error(message);
};

describe("Scope", () => {
  test("own returns its argument, and everything is closed last first, once", () => {
    const closed: string[] = [];
    const scope = new Scope();
    const resource = { [Symbol.dispose]: () => closed.push("first") } as unknown as Disposable;
    assert.equal(scope.own(resource), resource);
    scope.defer(() => closed.push("second"));
    scope.defer(() => closed.push("third"));
    scope[Symbol.dispose]();
    scope[Symbol.dispose]();
    assert.deepEqual(closed, ["third", "second", "first"]);
  });

  test("closes the rest after a failure, and throws that failure as it was", () => {
    const closed: string[] = [];
    const scope = new Scope();
    const failure = new Error("no");
    scope.defer(() => closed.push("first"));
    scope.defer(() => {
      throw failure;
    });
    assert.throws(
      () => scope[Symbol.dispose](),
      (thrown) => thrown === failure,
    );
    assert.deepEqual(closed, ["first"]);
  });

  test("gathers several failures in one error", () => {
    const scope = new Scope();
    scope.defer(failing("a"));
    scope.defer(failing("b"));
    assert.throws(
      () => scope[Symbol.dispose](),
      (thrown) =>
        thrown instanceof AggregateError && thrown.errors.map(({ message }) => message).join() === "b,a",
    );
  });

  test("works with `using`", () => {
    let closed = false;
    {
      using scope = new Scope();
      scope.defer(() => {
        closed = true;
      });
      assert.equal(closed, false);
    }
    assert.equal(closed, true);
  });
});

test("Scope.release leaves everything open", () => {
  const scope = new Scope();
  scope.defer(() => assert.fail("closed"));
  scope.release();
  scope[Symbol.dispose]();
});
