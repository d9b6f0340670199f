/** What an editor shows of a file: survives hiding the tab and reloading the window. */

import type { FindPattern } from './inspectorMessages.ts';
import type { RowOrder } from './rowOrder.ts';

export interface ViewState {
  /** The filter line. */
  readonly query: string;
  /** Undefined: the order of the file. */
  readonly order: RowOrder | undefined;
  /** Among the rows of the filter in their order, the position of the first visible one. */
  readonly topRow: number;
  /** Number in the file. */
  readonly selectedRow: number | undefined;
  readonly follow: boolean;
  readonly detailOpen: boolean;
  readonly detailHeightPx: number;
  readonly detailTab: DetailTab;
  readonly find: FindPattern | undefined;
}

export type DetailTab = 'bytes' | 'value' | 'text' | 'numbers';
