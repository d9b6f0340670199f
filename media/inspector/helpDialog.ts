/** The keyboard shortcuts and the words of the filter. */

import { FILTER_HELP } from '../../src/shared/inspectorFilter.ts';
import { element, iconButton } from './dom.ts';

const SHORTCUTS: readonly (readonly [keys: string, meaning: string])[] = [
  ['↑ ↓ PageUp PageDown Home End', 'move in the table, or in the bytes'],
  ['Enter', 'from the table to the fields of the record'],
  ['Escape', 'back to the table; in the table: close the detail'],
  ['Tab, Shift+Tab', 'to the next and to the previous control'],
  ['Ctrl+G', 'go to an offset, share, row, sequence number or time'],
  ['Ctrl+F, F3, Shift+F3', 'find, next and previous match'],
  ['Ctrl+Alt+F', 'to the filter'],
  ['Enter on a column title', 'sort by it: ascending, descending, in the order of the file'],
  ['F8, Shift+F8', 'next and previous damage'],
  [
    '← →',
    'in the table: scroll sideways; in the overview: move through the file; on the tabs: show the bytes otherwise',
  ],
  ['← →, Enter on the edge of a column title', 'make the column narrower, wider, or as wide as it was at first'],
  ['↑ ↓ on the bar above the detail', 'make the detail higher and lower'],
  ['Shift+arrows', 'in the bytes: select'],
  ['Ctrl+Home, Ctrl+End', 'in the bytes: to the first and to the last'],
  ['?', 'this help'],
];

export class HelpDialog {
  readonly root: HTMLDialogElement;

  constructor() {
    const close = iconButton('close', 'Close', () => this.root.close());
    this.root = element(
      'dialog',
      { class: 'help', 'aria-labelledby': 'help-title' },
      element('div', { class: 'help-bar' }, element('h2', { id: 'help-title' }, 'Keyboard shortcuts'), close),
      definitionTable(SHORTCUTS, true),
      element('h2', {}, 'Filter'),
      definitionTable(FILTER_HELP, false),
    );
  }

  open(): void {
    if (!this.root.open) this.root.showModal();
  }
}

function definitionTable(rows: readonly (readonly [string, string])[], keys: boolean): HTMLElement {
  return element(
    'dl',
    {},
    ...rows.map(([name, meaning]) =>
      element(
        'div',
        {},
        element('dt', {}, element(keys ? 'kbd' : 'code', {}, name)),
        element('dd', { class: 'help-meaning' }, meaning),
      ),
    ),
  );
}
