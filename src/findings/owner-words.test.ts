import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fullDrop } from "../../test/golden/sample-events.ts";
import { ownerOf } from "../../test/owner-facts.ts";
import { OWNER_MISSING } from "../model/index.ts";
import { Incidents } from "./incidents.ts";
import { addOwners, OwnerTally } from "./owner-tally.ts";
import { ownerSentence, ownerWords, whoseText } from "./owner-words.ts";

const NGINX = ownerOf({ pid: 1234, comm: "nginx", pod: "web", podNamespace: "shop", container: "nc" });
const SSHD = ownerOf({ by: "lookup", certainty: "likely", pid: 812, comm: "sshd", unit: "ssh.service" });
const NOBODY = ownerOf({ missing: "no_socket", hint: "nginx[1234] listens on 127.0.0.1 only" });

describe("ownerWords", () => {
  test("names the process and where it runs, and how certain that is", () => {
    const cases = [
      [NGINX, "nginx[1234] in pod shop/web"],
      [SSHD, "probably sshd[812] in ssh.service"],
      [ownerOf({ comm: "nc", container: "db" }), "nc[1234] in container db"],
      [ownerOf({ containerId: "0123456789abcdef".repeat(4) }), "container 0123456789ab"],
      [ownerOf({ by: "cgroup", certainty: "possible", unit: "cron.service" }), "possibly cron.service"],
      [ownerOf({ cgroup: "/user.slice" }), "cgroup /user.slice"],
      [ownerOf({ uid: 0, user: "root" }), "not known: no process was found that holds it (user root)"],
      [ownerOf({ uid: 1000, missing: "closed" }), "nobody holds it: the socket was closed (uid 1000)"],
      [
        { ...ownerOf({ uid: 1000 }), missing: undefined },
        "not known: processes are not looked at (uid 1000)",
      ],
      [ownerOf({ missing: "kernel" }), "the kernel itself"],
      [NOBODY, "nobody holds it: there is no socket (nginx[1234] listens on 127.0.0.1 only)"],
      [ownerOf({ missing: "budget" }), "not known: looking for owners had its share of CPU time"],
      [undefined, "not known"],
    ] as const;
    for (const [owner, words] of cases) assert.equal(ownerWords(owner), words);
  });

  test("says that nobody holds it only where somebody looked and found that", () => {
    const certain = OWNER_MISSING.filter((missing) => /^nobody/.test(ownerWords(ownerOf({ missing }))));
    assert.deepEqual(certain, ["closed", "not_accepted", "no_socket"]);
  });

  test("cuts names of any length", () => {
    const long = "x".repeat(4096);
    assert.ok(ownerWords(ownerOf({ comm: long, pod: long, podNamespace: long })).length < 200);
  });
});

describe("whoseText and ownerSentence", () => {
  test("one owner is named, several with their numbers, most first", () => {
    assert.equal(whoseText([]), undefined);
    assert.equal(whoseText([{ owner: SSHD, count: 3 }]), "probably sshd[812] in ssh.service");
    assert.equal(
      whoseText([
        { owner: NGINX, count: 90 },
        { owner: NOBODY, count: 7 },
        { owner: undefined, count: 3 },
        { owner: SSHD, count: 2 },
      ]),
      "90 of nginx[1234] in pod shop/web, 7: nobody holds it: there is no socket (nginx[1234] listens on " +
        "127.0.0.1 only), 3: not known, 2 of others",
    );
  });

  test("a sentence names the one owner of all, and nobody where there is none or more than one", () => {
    assert.equal(
      ownerSentence([{ owner: NGINX, count: 3 }]),
      "The socket is held by nginx[1234] in pod shop/web.",
    );
    assert.equal(
      ownerSentence([{ owner: SSHD, count: 3 }]),
      "The socket that takes such segments is probably held by sshd[812] in ssh.service.",
    );
    // It may be closed, or on its way to another process.
    const former = ownerOf({ pid: 7, comm: "cron", by: "remembered", certainty: "likely" });
    assert.equal(
      ownerSentence([{ owner: former, count: 3 }]),
      "The socket was probably held by cron[7], which does not hold it any more.",
    );
    assert.equal(ownerSentence([{ owner: NOBODY, count: 3 }]), undefined);
    const both = [NGINX, undefined].map((owner) => ({ owner, count: 1 }));
    assert.equal(ownerSentence(both), undefined);
  });
});

describe("OwnerTally", () => {
  test("adds up equal owners of several sockets, and those beyond its bound with the unknown", () => {
    const tally = new OwnerTally();
    for (let round = 0; round < 3000; round += 1) tally.add({ ...NGINX }, 1);
    for (let pid = 1; pid <= 30; pid += 1) tally.add(ownerOf({ pid, comm: "curl" }), 1);
    const list = tally.list();
    assert.deepEqual([list.length, list[0]?.count, list[0]?.owner?.process?.comm], [17, 3000, "nginx"]);
    assert.deepEqual(
      list.filter(({ owner }) => owner === undefined).map(({ count }) => count),
      [15],
    );
    assert.equal(
      addOwners([list, list]).reduce((sum, { count }) => sum + count, 0),
      6060,
    );
  });

  test("is empty where no owner was ever known", () => {
    const tally = new OwnerTally();
    tally.add(undefined, 5);
    assert.deepEqual(tally.list(), []);
  });

  test("an incident has the owners of its events", () => {
    const incidents = new Incidents();
    for (const owner of [NGINX, SSHD, NGINX]) incidents.observe({ ...fullDrop, owner });
    assert.deepEqual(
      incidents.list()[0]?.owners.map(({ owner, count }) => [owner, count]),
      [
        [NGINX, 2],
        [SSHD, 1],
      ],
    );
  });
});
