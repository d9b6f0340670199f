/** What an editor shows of a file: survives hiding the tab and reloading the window. */

import type { FindPattern } from './inspectorMessages.ts';
import type { RowOrder } from './rowOrder.ts';

export interface ViewState {
  /** The filter line. */
  readonly query: string;
  /** Undefined: the order of the file. */
  readonly order: RowOrder | undefined;
  /** Number in the file of the first visible row and of the selected one. */
  readonly topRow: number;
  readonly selectedRow: number | undefined;
  readonly follow: boolean;
  readonly detailOpen: boolean;
  readonly detailHeightPx: number;
  readonly detailTab: DetailTab;
  readonly find: FindPattern | undefined;
}

export type DetailTab = 'bytes' | 'value' | 'text' | 'numbers';
