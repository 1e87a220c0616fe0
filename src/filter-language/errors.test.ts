/** What is said where a text is no filter: the position, what was expected, and what is near. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FilterError } from "../errors.ts";
import { parseFilter } from "./parse.ts";

interface Case {
  readonly text: string;
  /** The line under the text, without what indents it. */
  readonly caret: string;
  readonly problem: RegExp;
  readonly hint?: RegExp;
}

const CASES: readonly Case[] = [
  { text: "", caret: "^", problem: /is empty/, hint: /Expected a primitive like/ },
  {
    text: "tcp port 80 or htp",
    caret: "               ^~~",
    problem: /"htp" is no port/,
    hint: /Did you mean port http/,
  },
  {
    text: "port 80-90",
    caret: "     ^~~~~",
    problem: /"80-90" is no port/,
    hint: /Did you mean portrange 80-90/,
  },
  { text: "port 65536", caret: "     ^~~~~", problem: /65536 is no port/, hint: /up to 65535/ },
  { text: "portrange 1-x", caret: "          ^~~", problem: /no range of ports/, hint: /like 8000-8100/ },
  { text: "prot 80", caret: "^~~~", problem: /does not fit here/, hint: /Did you mean .*port/ },
  { text: "10.0.0.1", caret: "^~~~~~~~", problem: /does not fit/, hint: /Did you mean host 10\.0\.0\.1/ },
  { text: "::1", caret: "^~~", problem: /does not fit/, hint: /Did you mean host ::1/ },
  {
    text: "80",
    caret: "^~",
    problem: /What 80 is must be said/,
    hint: /Did you mean port 80, net 80, 80 == len/,
  },
  {
    text: "tcp 80",
    caret: "    ^~",
    problem: /does not fit/,
    hint: /Expected and, or, or the end\. Did you mean port 80/,
  },
  { text: "tcp or 80", caret: "       ^~", problem: /What 80 is must be said/, hint: /port 80/ },
  {
    text: "host foo.example",
    caret: "     ^~~~~~~~~~~",
    problem: /names of hosts are not looked up/,
    hint: /IPv4 or IPv6 address/,
  },
  { text: "host 10", caret: "     ^~", problem: /10 is no address/, hint: /net 10, port 10/ },
  {
    text: "host 10.0.0.0/8",
    caret: "     ^~~~~~~~~~",
    problem: /A host has no prefix/,
    hint: /Did you mean net 10\.0\.0\.0\/8/,
  },
  { text: "host 10.0.0.256", caret: "     ^~~~~~~~~~", problem: /each part is at most 255/ },
  {
    text: "ip6 host 10.0.0.1",
    caret: "^~~~~~~~~~~~~~~~~".replace(/./g, (_c, at: number) => (at < 9 ? " " : at === 9 ? "^" : "~")),
    problem: /is not of IPv6/,
  },
  { text: "ip host ::1", caret: "        ^~~", problem: /::1 is not of IPv4/ },
  {
    text: "tcp host 10.0.0.1",
    caret: "^~~~~~~~",
    problem: /tcp does not go with host/,
    hint: /tcp and host/,
  },
  {
    text: "icmp port 80",
    caret: "^~~~~~~~~",
    problem: /icmp does not go with port/,
    hint: /tcp, udp, sctp or nothing/,
  },
  { text: "src proto 6", caret: "^~~", problem: /no source and no destination/ },
  {
    text: "net 10.0.0.1/8",
    caret: "    ^~~~~~~~~~",
    problem: /bits outside its mask/,
    hint: /net 10\.0\.0\.0\/8/,
  },
  {
    text: "net 2001:db8::1/32",
    caret: "    ^~~~~~~~~~~~~~",
    problem: /bits outside its mask/,
    hint: /net 2001:db8::\/32/,
  },
  { text: "net 10.0.0.0/33", caret: "             ^~", problem: /does not fit/, hint: /at most 32/ },
  {
    text: "net 10 mask 8",
    caret: "            ^",
    problem: /does not fit/,
    hint: /a mask like 255\.0\.0\.0/,
  },
  { text: "ether host 1:2:3:4:5:6", caret: "^~~~~", problem: /have no ether: link-layer headers/ },
  {
    text: "ip6 protochain 6",
    caret: "    ^~~~~~~~~~",
    problem: /have no protochain/,
    hint: /Did you mean tcp/,
  },
  { text: "ip broadcast", caret: "   ^~~~~~~~~", problem: /have no broadcast/, hint: /255/ },
  { text: "port 80 vlan 5", caret: "        ^~~~", problem: /have no vlan/ },
  { text: "host 1:2:3:4:5:6", caret: "     ^~~~~~~~~~~", problem: /is an Ethernet address/ },
  { text: "vlan 5", caret: "^~~~", problem: /have no vlan/ },
  { text: "inbound", caret: "^~~~~~~", problem: /have no inbound/, hint: /Did you mean direction rx/ },
  { text: "comm x", caret: "^~~~", problem: /have no comm: owner asks for/, hint: /owner nginx/ },
  { text: "cgroup ../x", caret: "       ^~~~", problem: /"..\/x" is no cgroup/ },
  { text: "uid nobody", caret: "    ^~~~~~", problem: /"nobody" is no uid/ },
  { text: "uid 4294967296", caret: "    ^~~~~~~~~~", problem: /"4294967296" is no uid/ },
  {
    text: "multicast",
    caret: "^~~~~~~~~",
    problem: /Only the IP address says/,
    hint: /ip multicast, ip6 multicast/,
  },
  { text: "udp[0] == 1", caret: "^~~", problem: /no such header/, hint: /Did you mean tcp\[13\]/ },
  { text: "foo[0] == 1", caret: "^~~", problem: /no such header/ },
  { text: "tcp[13:3] == 1", caret: "       ^", problem: /does not fit/, hint: /1, 2 or 4 bytes/ },
  { text: "tcp[13", caret: "      ^", problem: /ends too early/, hint: /Expected \] or an operator/ },
  { text: "tcp[13] & 2", caret: "           ^", problem: /ends too early/, hint: /a comparison/ },
  { text: "tcp-syn", caret: "       ^", problem: /ends too early/, hint: /a comparison/ },
  { text: "len / 0 == 1", caret: "      ^", problem: /divides by zero/ },
  { text: "len << 32 == 1", caret: "       ^~", problem: /more than 31 bits/ },
  { text: "len > 4294967296", caret: "      ^~~~~~~~~~", problem: /does not fit 32 bits/ },
  { text: "len > 089", caret: "      ^~~", problem: /no octal number/ },
  { text: "(ip and tcp", caret: "           ^", problem: /ends too early/, hint: /Expected \)/ },
  { text: "ip)", caret: "  ^", problem: /does not fit/, hint: /the end/ },
  { text: "ip and", caret: "      ^", problem: /ends too early/, hint: /a primitive/ },
  { text: "ip and and tcp", caret: "       ^~~", problem: /does not fit/ },
  { text: "ip ?", caret: "   ^", problem: /"\?" is no part of a filter/ },
  { text: "reason", caret: "      ^", problem: /ends too early/, hint: /a drop reason/ },
  { text: "reason NO-SOCKET", caret: "       ^~~~~~~~~", problem: /is no reason/ },
  { text: "class los", caret: "      ^~~", problem: /"los" is no class/, hint: /Did you mean loss/ },
  {
    text: "state ESTABLISHD",
    caret: "      ^~~~~~~~~~",
    problem: /is no state/,
    hint: /Did you mean ESTABLISHED/,
  },
  { text: "flags sin", caret: "      ^~~", problem: /is no flags/, hint: /syn|fin/ },
  { text: "flags syn,!syn", caret: "      ^~~~~~~~", problem: /is no flags/ },
  { text: "direction in", caret: "          ^~", problem: /is no direction/, hint: /rx, tx, forwarded/ },
  {
    text: "mark 0x10/0x0f",
    caret: "     ^~~~~~~~~",
    problem: /bits outside its mask/,
    hint: /mark 0x0\/0xf/,
  },
  {
    text: "location tcp_v4_rcv+0x1e",
    caret: "         ^~~~~~~~~~~~~~~",
    problem: /is no location/,
    hint: /location tcp_v4_rcv\?$/,
  },
  { text: "family 5", caret: "       ^", problem: /is no family/, hint: /family 4, family 6/ },
  {
    text: "iface an-interface-name-too-long",
    caret: "      ^~~~~~~~~~~~~~~~~~~~~~~~~~",
    problem: /is no iface/,
    hint: /at most 15 bytes/,
  },
  {
    text: "port 80 AND port 443",
    caret: "        ^~~",
    problem: /does not fit/,
    hint: /Did you mean and\?$/,
  },
  {
    text: "port 80 port 443",
    caret: "        ^~~~",
    problem: /does not fit/,
    hint: /Did you mean and port, or port\?$/,
  },
  { text: "port 80,443", caret: "       ^", problem: /"," is no part/, hint: /port 80 or 443/ },
  {
    text: "tcp[13] & tcp-psh != 0",
    caret: "          ^~~~~~~",
    problem: /does not fit/,
    hint: /Did you mean tcp-push/,
  },
  {
    text: "tcp[tcp-flags] != 0",
    caret: "    ^~~~~~~~~",
    problem: /does not fit/,
    hint: /Did you mean tcpflags/,
  },
  { text: "host fe80:::1", caret: "     ^~~~~~~~", problem: /is no IPv6 address/, hint: /one like/ },
  {
    text: "src 10.0.0.0/8",
    caret: "    ^~~~~~~~~~",
    problem: /A host has no prefix/,
    hint: /Did you mean src net 10\.0\.0\.0\/8\?$/,
  },
  {
    text: "dst host 2001:db8::/32",
    caret: "         ^~~~~~~~~~~~~",
    problem: /A host has no prefix/,
    hint: /dst net 2001:db8::\/32\?$/,
  },
  {
    text: "port ntp",
    caret: "     ^~~",
    problem: /"ntp" is no service of TCP/,
    hint: /Did you mean port 123/,
  },
  { text: "iface !lo", caret: "      ^~~", problem: /is no iface/, hint: /Did you mean not iface lo\?$/ },
  { text: "iface eth*", caret: "      ^~~~", problem: /is no iface/, hint: /iface 'eth\*'/ },
  {
    text: "reason !NO_SOCKET",
    caret: "       ^~~~~~~~~~",
    problem: /is no reason/,
    hint: /not reason NO_SOCKET/,
  },
  { text: 'cpu-comm "nginx', caret: "         ^", problem: /quote is not closed/ },
  { text: "cpu-comm a or 'b", caret: "              ^", problem: /quote is not closed/ },
  { text: "mark 08", caret: "     ^~", problem: /is no mark/ },
  { text: "pid -1", caret: "    ^~", problem: /is no pid/ },
];

function failureOf(text: string): FilterError {
  try {
    parseFilter(text);
  } catch (failure) {
    if (failure instanceof FilterError) return failure;
    throw failure;
  }
  return assert.fail(`${JSON.stringify(text)} is a filter`);
}

describe("a FilterError", () => {
  for (const { text, caret, problem, hint } of CASES)
    test(`for ${JSON.stringify(text)} points there and says what would do`, () => {
      const failure = failureOf(text);
      const [first = "", shown, under] = failure.message.split("\n");
      assert.match(first, problem);
      assert.equal(shown, `  ${text}`);
      assert.equal(under, `  ${caret}`);
      if (hint !== undefined) assert.match(failure.hint ?? "", hint);
    });

  test("of a text of many lines shows the line, and its number", () => {
    assert.equal(
      failureOf("ip\nor port 1\n or port x").message,
      '"x" is no port\n  line 3:  or port x\n                   ^',
    );
  });

  test("puts the caret under the position, behind wide characters too, and shows no carriage return", () => {
    assert.equal(
      failureOf("cpu-comm 日本 or port x\r\n").message,
      '"x" is no port\n  line 1: cpu-comm 日本 or port x\n                                ^',
    );
  });

  test("of a long line shows the part around the position", () => {
    const failure = failureOf(`${"port 1 or ".repeat(50)}port x${" or port 1".repeat(50)}`);
    const [, shown = "", under = ""] = failure.message.split("\n");
    assert.match(shown, /^ {2}\.\.\..*port x.*\.\.\.$/);
    assert.equal(shown[under.indexOf("^")], "x");
    assert(shown.length <= 80, `${shown.length} characters`);
  });

  test("steers no terminal", () => {
    assert(!failureOf("\u001b[2J or ip").message.includes("\u001b"));
  });
});
