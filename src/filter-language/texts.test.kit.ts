/**
 * Arbitrary texts as people write them: without parentheses where the language needs none, with arguments
 * that inherit qualifiers, and with all its words for the same.
 */
import fc from "fast-check";

const between = fc.constantFrom("and", "or", "&&", "||");
const negation = fc.constantFrom("", "", "", "not ", "! ", "!");
const port = fc.constantFrom("0", "22", "80", "443", "0x50", "010", "65535");
const address = fc.constantFrom("10.0.0.1", "10.0.0.2", "127.0.0.1", "192.168.1.1", "224.0.0.1");
const network = fc.constantFrom(
  "10",
  "10.0.0.0/8",
  "10.0",
  "192.168.1",
  "192.168.1.0/24",
  "10.0.0.1",
  "224.0.0.0 mask 240.0.0.0",
  "2570",
);
const network6 = fc.constantFrom("2001:db8::/32", "::1", "::1/128", "ff02::/16", "::/0");
const end = fc.constantFrom(
  "",
  "",
  "src ",
  "dst ",
  "src or dst ",
  "dst or src ",
  "src and dst ",
  "dst && src ",
);

/** A qualifier, and arguments that it takes: the first, and those that inherit it. */
interface Head {
  readonly head: string;
  readonly argument: fc.Arbitrary<string>;
}

const head: fc.Arbitrary<Head> = fc.oneof(
  fc
    .tuple(fc.constantFrom("", "tcp ", "udp "), end)
    .map(([protocol, ends]) => ({ head: `${protocol}${ends}port `, argument: port })),
  fc.tuple(fc.constantFrom("", "tcp "), end).map(([protocol, ends]) => ({
    head: `${protocol}${ends}portrange `,
    argument: fc.constantFrom("0-80", "443-1024", "90-22", "80"),
  })),
  fc
    .tuple(fc.constantFrom("", "ip "), end)
    .map(([protocol, ends]) => ({ head: `${protocol}${ends}host `, argument: address })),
  end.filter((ends) => ends !== "").map((ends) => ({ head: ends, argument: address })),
  fc
    .tuple(fc.constantFrom("", "ip "), end)
    .map(([protocol, ends]) => ({ head: `${protocol}${ends}net `, argument: network })),
  fc
    .tuple(fc.constantFrom("", "ip6 "), end)
    .map(([protocol, ends]) => ({ head: `${protocol}${ends}net `, argument: network6 })),
  fc.constantFrom("", "ip ", "ip6 ").map((protocol) => ({
    head: `${protocol}proto `,
    argument: fc.constantFrom("6", "17", "\\tcp", "\\udp"),
  })),
);

const listed = head.chain(({ head: before, argument }) =>
  fc
    .tuple(
      negation,
      argument,
      fc.array(fc.tuple(between, negation, argument), { maxLength: 3 }),
      fc.boolean(),
    )
    .map(([not, first, more, parenthesized]) => {
      const list = `${first}${more.map(([joint, no, next]) => ` ${joint} ${no}${next}`).join("")}`;
      return parenthesized ? `${not}${before}(${list})` : `${not}${before}${list}`;
    }),
);

/** Operands that libpcap asks no protocol for: it forgets that on the right. */
const SMALL = [
  "len",
  "1",
  "2",
  "3",
  "0x10",
  "tcp-syn",
  "tcpflags",
  "- 1",
  "-len",
  "(len)",
  "(1 + 2)",
] as const;
const operand = fc.constantFrom(...SMALL, "40", "60");
const first = fc.oneof(
  operand,
  fc.constantFrom(
    "ip[0]",
    "ip[2:2]",
    "tcp[tcpflags]",
    "tcp[13]",
    "tcp[2:2]",
    "ip[ip[0] & 1]",
    "(tcp[12] & 0xf0)",
  ),
);
/** An operator, and what follows it: libpcap refuses to shift by a constant above 31. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom("+", "-", "*", "&", "|", "^", "%", "/"), operand) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom("<<", ">>"), fc.constantFrom(...SMALL)) },
);
const relation = fc
  .tuple(
    first,
    fc.array(step, { maxLength: 4 }),
    fc.constantFrom("=", "==", "!=", "<", ">", "<=", ">="),
    operand,
    fc.array(step, { maxLength: 2 }),
  )
  .map(([left, next, relop, right, rest]) => `${left}${joined(next)} ${relop} ${right}${joined(rest)}`);

function joined(steps: readonly (readonly [string, string])[]): string {
  return steps.map(([op, value]) => ` ${op} ${value}`).join("");
}

const word = fc.constantFrom(
  "ip",
  "ip6",
  "tcp",
  "udp",
  "arp",
  "icmp",
  "less 60",
  "greater 60",
  "ip multicast",
  "ip6 multicast",
);

const { text } = fc.letrec<{ text: string }>((tie) => ({
  text: fc
    .tuple(
      fc.oneof(
        { depthSize: "small" },
        listed,
        relation,
        word,
        fc.tuple(negation, tie("text")).map(([not, inner]) => `${not}(${inner})`),
      ),
      fc.array(
        fc.tuple(
          between,
          fc.oneof(
            { depthSize: "small" },
            listed,
            word,
            relation,
            fc.tuple(negation, tie("text")).map(([not, inner]) => `${not}(${inner})`),
          ),
        ),
        { maxLength: 3 },
      ),
    )
    .map(([begin, more]) => `${begin}${more.map(([joint, next]) => ` ${joint} ${next}`).join("")}`),
}));

export const packetText = text;
