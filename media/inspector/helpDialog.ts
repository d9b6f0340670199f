/** The keyboard shortcuts and the words of the filter. */

import { filterHelp } from '../../src/shared/inspectorFilter.ts';
import { element, iconButton } from './dom.ts';
import { isOnMac, keyName } from './keyNames.ts';

/** Exported for a test: these are the keys that `package.json` binds. */
export function shortcuts(isMac: boolean): readonly (readonly [keys: string, meaning: string])[] {
  const named = (key: string, mac = key) => keyName({ key, mac }, isMac);
  return [
    ['↑ ↓ PageUp PageDown Home End', 'move in the table, or in the bytes'],
    ['Enter', 'from the table to the fields of the record'],
    ['Escape', 'back to the table; in the table: close the detail'],
    [`Tab, ${named('shift')}+Tab`, 'to the next and to the previous control'],
    [named('ctrl+g'), 'go to an offset, share, row, sequence number or time'],
    [
      `${named('ctrl+f', 'cmd+f')}, ${named('f3', 'cmd+g')}, ${named('shift+f3', 'shift+cmd+g')}`,
      'find, next and previous match',
    ],
    [named('ctrl+alt+f', 'cmd+alt+f'), 'to the filter'],
    ['Enter on a column title', 'sort by it: ascending, descending, in the order of the file'],
    [`F8, ${named('shift+f8')}`, 'next and previous damage'],
    [
      '← →',
      'in the table: scroll sideways; in the overview: move through the file; on the tabs: show the bytes otherwise',
    ],
    ['← →, Enter on the edge of a column title', 'make the column narrower, wider, or as wide as it was at first'],
    ['↑ ↓ on the bar above the detail', 'make the detail higher and lower'],
    [`${named('shift')}+arrows`, 'in the bytes: select'],
    [`${named('ctrl+home')}, ${named('ctrl+end')}`, 'in the bytes: to the first and to the last'],
    ['?', 'this help'],
  ];
}

export class HelpDialog {
  readonly root: HTMLDialogElement;
  readonly #filterWords = element('div', {});

  constructor() {
    const close = iconButton('close', 'Close', () => this.root.close());
    this.root = element(
      'dialog',
      { class: 'help', 'aria-labelledby': 'help-title' },
      element('div', { class: 'help-bar' }, element('h2', { id: 'help-title' }, 'Keyboard shortcuts'), close),
      definitionTable(shortcuts(isOnMac()), true),
      element('h2', {}, 'Filter'),
      this.#filterWords,
    );
    // From the last control of a webview, Tab leads into the rest of VS Code, where Escape does not reach the dialog.
    this.root.addEventListener('keydown', (event) => {
      if (event.key !== 'Tab') return;
      event.preventDefault();
      close.focus();
    });
  }

  /** Shows the words of the filter, with these operations as examples. */
  setOperations(operations: readonly string[]): void {
    this.#filterWords.replaceChildren(definitionTable(filterHelp(operations), false));
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
