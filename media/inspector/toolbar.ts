/** Buttons beside the filter: go to, damage, follow, columns, export, help. */

import { formatCount } from '../../src/shared/quantities.ts';
import type { Column } from './columns.ts';
import { element, icon, iconButton, setHidden, setText, textButton } from './dom.ts';
import { isOnMac, keyName } from './keyNames.ts';

export interface ToolbarEvents {
  onGoTo(): void;
  onDamage(direction: 'next' | 'previous'): void;
  onFollow(follow: boolean): void;
  onFind(): void;
  onExport(): void;
  onHelp(): void;
  onSalvage(): void;
  onToggleColumn(id: string): void;
}

type Choosable = readonly { readonly column: Column; readonly shown: boolean }[];

export class Toolbar {
  readonly root: HTMLElement;
  readonly #events: ToolbarEvents;
  readonly #damage = element('div', { class: 'damage-steps', role: 'group', 'aria-label': 'Damage' });
  readonly #damageText = element('span', {});
  readonly #salvage = textButton(
    'Salvage…',
    () => this.#events.onSalvage(),
    'Copy the readable records into a new store; this file stays as it is',
  );
  readonly #goTo = textButton(
    'Go to…',
    () => this.#events.onGoTo(),
    `Go to offset, row, time … (${keyName({ key: 'ctrl+g' }, isOnMac())})`,
  );
  readonly #follow: HTMLInputElement;
  readonly #menu = element('div', { class: 'menu', role: 'group', 'aria-label': 'Columns', hidden: true });
  readonly #columnsButton: HTMLButtonElement;
  readonly #choosable: () => Choosable;

  constructor(events: ToolbarEvents, choosable: () => Choosable) {
    this.#events = events;
    this.#choosable = choosable;
    this.#follow = element('input', { type: 'checkbox', id: 'follow' });
    this.#follow.addEventListener('change', () => events.onFollow(this.#follow.checked));
    this.#damage.append(
      icon('error'),
      this.#damageText,
      iconButton('arrow-up', 'Previous damage (Shift+F8)', () => events.onDamage('previous')),
      iconButton('arrow-down', 'Next damage (F8)', () => events.onDamage('next')),
      this.#salvage,
    );
    this.#salvage.hidden = true;
    this.#columnsButton = iconButton('list-selection', 'Choose columns', () => this.#toggleMenu());
    this.#columnsButton.setAttribute('aria-expanded', 'false');
    this.root = element(
      'div',
      { class: 'toolbar', role: 'toolbar', 'aria-label': 'Inspector' },
      this.#damage,
      this.#goTo,
      element(
        'label',
        { class: 'follow', for: 'follow', title: 'Stay at the end while the file grows' },
        this.#follow,
        'Follow',
      ),
      iconButton('search', `Find (${keyName({ key: 'ctrl+f', mac: 'cmd+f' }, isOnMac())})`, () => events.onFind()),
      element('div', { class: 'menu-anchor' }, this.#columnsButton, this.#menu),
      iconButton('export', 'Export the rows shown', () => events.onExport()),
      iconButton('question', 'Keyboard shortcuts (?)', () => events.onHelp()),
    );
    this.#menu.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.#closeMenu();
      this.#columnsButton.focus();
    });
    this.#menu.addEventListener('focusout', ({ relatedTarget }) => {
      // Without a target, the whole page has lost the focus and will have it back.
      if (relatedTarget instanceof Node && !this.#menu.parentElement?.contains(relatedTarget)) this.#closeMenu();
    });
    document.addEventListener('pointerdown', (event) => {
      if (event.target instanceof Node && !this.#menu.parentElement?.contains(event.target)) this.#closeMenu();
    });
    this.showDamage(undefined, 0);
  }

  /** Shown with damage, where a new store can be made of the rest. */
  offerSalvage(offer: boolean): void {
    setHidden(this.#salvage, !offer, this.#goTo);
  }

  setFollow(follow: boolean): void {
    this.#follow.checked = follow;
  }

  showDamage(ordinal: number | undefined, total: number): void {
    setHidden(this.#damage, total === 0, this.#goTo);
    const count = formatCount(total);
    setText(this.#damageText, ordinal === undefined ? `${count} damaged` : `${formatCount(ordinal)} of ${count}`);
  }

  #toggleMenu(): void {
    if (!this.#menu.hidden) {
      this.#closeMenu();
      return;
    }
    this.#menu.replaceChildren(
      ...this.#choosable().map(({ column, shown }) => {
        const box = element('input', { type: 'checkbox', id: `column-${column.id}` });
        box.checked = shown;
        box.addEventListener('change', () => {
          this.#events.onToggleColumn(column.id);
          this.#keepOneColumn();
        });
        return element(
          'label',
          { for: box.id, title: column.tooltip },
          box,
          column.title === '#' ? 'Number (#)' : column.title,
        );
      }),
    );
    this.#keepOneColumn();
    this.#menu.hidden = false;
    this.#columnsButton.setAttribute('aria-expanded', 'true');
    this.#menu.querySelector('input')?.focus();
  }

  /** A table without columns would show nothing, nor how to bring them back. */
  #keepOneColumn(): void {
    const boxes = [...this.#menu.querySelectorAll('input')];
    const isOnly = boxes.filter(({ checked }) => checked).length === 1;
    for (const box of boxes) box.disabled = isOnly && box.checked;
  }

  #closeMenu(): void {
    this.#menu.hidden = true;
    this.#columnsButton.setAttribute('aria-expanded', 'false');
  }
}
