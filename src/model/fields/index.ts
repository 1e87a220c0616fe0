/** Public entry point of the field registry. */

export { COLUMN_NAMES, COMPOSED_COLUMNS, columnName } from "./column-names.ts";
export {
  type ColumnSpec,
  type EventField,
  type Group,
  HEAD_END,
  SHARED_GROUPS,
} from "./event-field.ts";
export { EVENT_FIELDS, FILTER_FIELDS, fieldsOf } from "./event-fields.ts";
export { COUNT, type Field, type ObjectType, U32 } from "./field.ts";
export { ADVICE_FIELDS, FINDING_FIELDS, NOT_EVALUATED_FIELDS, OWNER_COUNT_FIELDS } from "./finding-fields.ts";
export {
  count,
  LOST_FIELDS,
  REASON_COUNT_FIELDS,
  SITE_COUNT_FIELDS,
  TOTALS_FIELDS,
  typeField,
} from "./notice-fields.ts";
export { OWNER_SUM_FIELDS } from "./owner-sum-fields.ts";
export { OUTPUT_FIELDS, SUMMARY_FIELDS } from "./summary-fields.ts";
