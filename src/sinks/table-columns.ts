/**
 * The columns of the table: those of fields, from the registry, and those that several fields share.
 * docs/output.md is rendered from them.
 *
 * The head and the two columns after it always come, in bcc's order; but for the process on the CPU, which
 * narrow terminals leave out for whose it is. The others come in the order of their importance (`rank`), as far
 * as the terminal is wide.
 */
import { encoded } from "../bytes/byte-writer.ts";
import { BuildError } from "../errors.ts";
import { type ColumnSpec, EVENT_FIELDS, type EventField, type Group } from "../model/fields/index.ts";
import type { Device, Event, Outer } from "../model/index.ts";
import type { CellText } from "./cell-text.ts";
import { kindText } from "./kind-text.ts";
import { ownerText } from "./owner-text.ts";
import { INFERRED, reasonName } from "./reason-text.ts";

export interface Column extends ColumnSpec {
  /** For whoever chooses columns. */
  readonly name: string;
  /** What of a drop the cell shows, and nothing else: so that what is shared is written once. */
  readonly group: Group;
  /** "-" for what is not known. */
  readonly write: (event: Event, cell: CellText) => void;
}

const [SPACE, ARROW, COLON, OPEN, CLOSE, IN_TUNNEL] = [
  encoded(" "),
  encoded(">"),
  encoded(":"),
  encoded("["),
  encoded("]:"),
  encoded("t"),
];

const COMPOSED: readonly Column[] = [
  {
    name: "ip",
    title: "IP",
    width: 2,
    doc: "IP version; with `t` behind it the segment is inside a tunnel packet",
    at: 30,
    group: "flow",
    write: ({ flow }, cell) => {
      cell.number(flow?.ip);
      if (flow?.tunnel === true) cell.append(IN_TUNNEL);
    },
  },
  {
    name: "src",
    title: "SADDR:SPORT",
    width: 21,
    doc: "The packet's source; version 6 in brackets, `-` for a port that could not be read",
    at: 40,
    group: "flow",
    write: (event, cell) => {
      if (event.flow?.saddr !== undefined)
        writeEndpoint(cell, event.flow.ip, event.flow.saddr, event.flow.sport);
      else cell.text(kindText(event.kind).source(event));
    },
  },
  {
    name: "arrow",
    title: ">",
    width: 1,
    doc: "",
    at: 50,
    group: "flow",
    write: (_event, cell) => cell.append(ARROW),
  },
  {
    name: "dst",
    title: "DADDR:DPORT",
    width: 21,
    doc: "The packet's destination, likewise",
    at: 60,
    group: "flow",
    write: ({ flow }, cell) => {
      if (flow === undefined) cell.text(undefined);
      else writeEndpoint(cell, flow.ip, flow.daddr, flow.dport);
    },
  },
  {
    name: "state_flags",
    title: "STATE (FLAGS)",
    width: 22,
    doc: "State of the socket, `-` without one; TCP flags, `-` where there was no TCP header",
    at: 210,
    group: "packet",
    write: (event, cell) => {
      cell.word(event.socket?.state);
      cell.append(SPACE);
      cell.flags(kindText(event.kind).flags(event));
    },
  },
  {
    name: "reason",
    title: "REASON",
    width: 24,
    doc:
      "The kernel's name for the reason; its number where it has none; `-` where the kernel gives no " +
      "reasons, or what follows from the location, as `(inferred)`",
    at: 220,
    painted: true,
    group: "site",
    write: ({ site }, cell) => {
      cell.text(reasonName(site));
      if (site.reasonInferred) cell.text(INFERRED);
    },
  },
  {
    name: "owner",
    title: "OWNER",
    width: 22,
    doc:
      "Whose it is: `nginx[1234]`, `namespace/pod:process`, `container:process`, or the unit; `~` likely, " +
      "`?` possible, `-` nobody's, `?` alone not known; only with `--owners`",
    at: 235,
    group: "owner",
    write: ({ owner }, cell) => cell.plain(ownerText(owner)),
  },
  {
    name: "ifname",
    title: "IF",
    width: 10,
    doc: "Interface; of what is forwarded `IN>OUT`, where both are known",
    at: 250,
    rank: 2,
    group: "device",
    write: ({ device }, cell) => cell.text(interfaceText(device)),
  },
];

/** Shown where somebody chooses it: most rows have nothing there. */
const TUNNEL: Column = {
  name: "tunnel",
  title: "TUNNEL",
  width: 10,
  doc: "The tunnel packet that the segment is inside: its protocol, VNI and addresses",
  at: 285,
  group: "outer",
  write: ({ outer }, cell) => cell.text(tunnelText(outer)),
};

/** Of cells that nobody chose a width for. */
const TEXT_WIDTH = 16;
const ADDRESS_WIDTH = 15;

export const COLUMNS: readonly Column[] = [
  ...COMPOSED,
  ...EVENT_FIELDS.flatMap((field) => (field.column === undefined ? [] : [columnOf(field, field.column)])),
].sort((a, b) => a.at - b.at);

function columnOf(field: EventField, spec: ColumnSpec): Column {
  return { ...spec, name: field.name, group: field.group, write: cellOf(field, spec) };
}

const BY_NAME: ReadonlyMap<string, Column> = new Map([
  ...EVENT_FIELDS.filter(({ column }) => column === undefined).map(
    (field) => [field.name, ownColumn(field)] as const,
  ),
  ...[...COLUMNS, TUNNEL].map((column) => [column.name, column] as const),
]);

/** Those of these names, in this order, with the arrow between the ends of a connection. */
export function columnsNamed(names: readonly string[]): readonly Column[] {
  return names.flatMap((name, at) =>
    [name === "dst" && names[at - 1] === "src" ? "arrow" : undefined, name].flatMap((one) => {
      const column = BY_NAME.get(one ?? "");
      return column === undefined ? [] : [column];
    }),
  );
}

/** Of a field that has a column only where somebody asks for it. */
function ownColumn(field: EventField): Column {
  const title = field.name.toUpperCase();
  const spec: ColumnSpec = {
    title,
    width: Math.max(title.length, usualWidth(field)),
    doc: field.doc,
    at: Number.POSITIVE_INFINITY,
  };
  const write = cellOf(field, spec);
  return {
    ...spec,
    name: field.name,
    group: field.group,
    write: (event, cell) => {
      if (field.kinds[event.kind] === undefined) cell.text(undefined);
      else write(event, cell);
    },
  };
}

function usualWidth(field: EventField): number {
  switch (field.type) {
    case "integer":
      return String(field.range[1]).length;
    case "text":
      return Math.max(...(field.oneOf ?? ["x".repeat(TEXT_WIDTH)]).map((word) => word.length));
    case "address":
      return ADDRESS_WIDTH;
    default:
      return TEXT_WIDTH;
  }
}

function cellOf(field: EventField, { words = {} }: ColumnSpec): Column["write"] {
  switch (field.type) {
    case "integer":
      return (event, cell) => cell.number(field.get(event));
    case "text":
      return (event, cell) => {
        const text = field.get(event);
        cell.word(text === undefined ? undefined : (words[text] ?? text));
      };
    case "time":
      return (event, cell) => {
        const timeNs = field.get(event);
        if (timeNs === undefined) cell.text(undefined);
        else cell.time(timeNs);
      };
    case "address":
      return (event, cell) => cell.text(field.get(event));
    case "boolean":
    case "decimal":
      return (event, cell) => cell.text(field.get(event)?.toString());
    case "words":
      return (event, cell) => cell.flags(field.get(event));
    case "texts":
      return (event, cell) => cell.text(field.get(event)?.join(","));
    default:
      throw new BuildError(`The field ${field.name} cannot be a column: it is of type ${field.type}`);
  }
}

function tunnelText(outer: Outer | undefined): string | undefined {
  if (outer === undefined) return undefined;
  const { protocol, vni, saddr, daddr } = outer;
  return `${protocol ?? "?"} ${vni === undefined ? "" : `${vni} `}${saddr}>${daddr}`;
}

/** "r1>r0": of what is forwarded both. */
export function interfaceText(device: Device | undefined): string | undefined {
  if (device === undefined) return undefined;
  const { ifindex, ifname, outIfindex, outIfname } = device;
  const first = nameOrIndex(ifname, ifindex);
  if (outIfindex === undefined || outIfindex === ifindex) return first;
  return `${first ?? ""}>${nameOrIndex(outIfname, outIfindex)}`;
}

function nameOrIndex(name: string | undefined, index: number | undefined): string | undefined {
  return name ?? (index === undefined ? undefined : `#${index}`);
}

function writeEndpoint(cell: CellText, ip: 4 | 6, address: string, port: number | undefined): void {
  if (ip === 6) cell.append(OPEN);
  cell.plain(address);
  cell.append(ip === 6 ? CLOSE : COLON);
  cell.number(port);
}
