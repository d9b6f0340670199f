/** In which order the inspector shows rows, when not as they stand in the file. */

export type SortColumn =
  | 'row'
  | 'operation'
  | 'sequence'
  | 'time'
  | 'expiry'
  | 'key'
  | 'size'
  | 'keySize'
  | 'valueSize'
  | 'state';

/** Rows that are equal in the column, and rows that have nothing there, keep the order of the file; the latter come last. */
export interface RowOrder {
  readonly column: SortColumn;
  readonly descending: boolean;
}
