/** The names of columns, for whoever chooses them: those of fields, and those of cells that show several. */
import { EVENT_FIELDS } from "./event-fields.ts";

/** Cells that show several fields, or what stands for an absent one, and their titles. */
export const COMPOSED_COLUMNS: Readonly<Record<string, string>> = {
  ip: "IP",
  src: "SADDR:SPORT",
  dst: "DADDR:DPORT",
  state_flags: "STATE (FLAGS)",
  reason: "REASON",
  owner: "OWNER",
  ifname: "IF",
  tunnel: "TUNNEL",
};

/** A stack is no cell. */
const FIELD_NAMES = EVENT_FIELDS.map(({ name }) => name).filter((name) => name !== "stack");

export const COLUMN_NAMES: readonly string[] = [
  ...new Set([...Object.keys(COMPOSED_COLUMNS), ...FIELD_NAMES]),
];

/** What stands above a column is its name before what filters call a field. */
const BY_WORD: ReadonlyMap<string, string> = new Map([
  ...EVENT_FIELDS.flatMap(({ name, filter }) => (filter === undefined ? [] : [[filter.word, name] as const])),
  ...EVENT_FIELDS.flatMap(({ name, column }) =>
    column === undefined ? [] : [[column.title.toLowerCase(), name] as const],
  ),
  ...Object.entries(COMPOSED_COLUMNS).map(([name, title]) => [title.toLowerCase(), name] as const),
  ...COLUMN_NAMES.map((name) => [name, name] as const),
]);

/** The name of a column by its name, its title, or the word that filters have for it; undefined for none. */
export function columnName(word: string): string | undefined {
  return BY_WORD.get(word.toLowerCase());
}
