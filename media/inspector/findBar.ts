/** The find widget: text, hexadecimal with wildcards, regular expression. */

import type { FindPattern } from '../../src/shared/inspectorMessages.ts';
import { formatShare } from '../../src/shared/quantities.ts';
import { element, iconButton, setHidden } from './dom.ts';
import type { IconName } from './icons.ts';

export interface FindEvents {
  onFind(pattern: FindPattern, direction: 'next' | 'previous'): void;
  onCancel(): void;
  onClose(): void;
}

type ToggleName = 'case' | 'regex' | 'hex';

const PLACEHOLDERS: Readonly<Record<FindPattern['kind'], string>> = {
  text: 'Find in keys and values',
  hex: 'Find bytes: 4B 3? ?? FF',
  regex: 'Find regular expression',
};

export class FindBar {
  readonly root: HTMLElement;
  readonly #events: FindEvents;
  readonly #input: HTMLInputElement;
  readonly #status = element('span', { class: 'find-status', role: 'status' });
  readonly #toggles: Record<ToggleName, HTMLButtonElement>;
  readonly #stop: HTMLButtonElement;

  constructor(events: FindEvents) {
    this.#events = events;
    this.#input = element('input', { type: 'text', 'aria-label': 'Find', spellcheck: 'false', autocomplete: 'off' });
    this.#toggles = {
      case: this.#toggle('case-sensitive', 'Match case'),
      regex: this.#toggle('regex', 'Regular expression'),
      hex: this.#toggle('file-binary', 'Bytes in hexadecimal; ? stands for any digit'),
    };
    this.#stop = iconButton('stop-circle', 'Stop searching', () => events.onCancel());
    this.#stop.hidden = true;
    this.root = element(
      'div',
      { class: 'find-bar', role: 'search', 'aria-label': 'Find in file', hidden: true },
      element('div', { class: 'find-box' }, this.#input, ...Object.values(this.#toggles)),
      this.#status,
      this.#stop,
      iconButton('arrow-up', 'Previous match (Shift+F3)', () => this.find('previous')),
      iconButton('arrow-down', 'Next match (F3)', () => this.find('next')),
      iconButton('close', 'Close (Escape)', () => this.close()),
    );
    this.root.addEventListener('keydown', (event) => this.#onKey(event));
    this.#showKind();
  }

  get isSearching(): boolean {
    return !this.#stop.hidden;
  }

  get pattern(): FindPattern {
    const kind = this.#isOn('hex') ? 'hex' : this.#isOn('regex') ? 'regex' : 'text';
    return { kind, pattern: this.#input.value, matchCase: this.#isOn('case') };
  }

  restore({ kind, pattern, matchCase }: FindPattern): void {
    this.#input.value = pattern;
    this.#setOn('hex', kind === 'hex');
    this.#setOn('regex', kind === 'regex');
    this.#setOn('case', matchCase);
    this.#showKind();
  }

  open(): void {
    this.root.hidden = false;
    this.#input.focus();
    this.#input.select();
  }

  close(): void {
    this.root.hidden = true;
    this.#events.onCancel();
    this.#events.onClose();
  }

  find(direction: 'next' | 'previous'): void {
    if (this.#input.value === '') {
      this.open();
      return;
    }
    this.#stop.hidden = false;
    this.#say('Searching …', false);
    this.#events.onFind(this.pattern, direction);
  }

  showProgress(share: number): void {
    if (this.isSearching) this.#say(`Searching … ${formatShare(share)}`, false);
  }

  showResult(text: string, isProblem: boolean): void {
    setHidden(this.#stop, true, this.#input);
    this.#say(text, isProblem);
  }

  #say(text: string, isProblem: boolean): void {
    this.#status.textContent = text;
    this.#status.classList.toggle('problem', isProblem);
  }

  #toggle(iconName: IconName, label: string): HTMLButtonElement {
    const button = iconButton(iconName, label, () => {
      const on = button.getAttribute('aria-pressed') !== 'true';
      if (on && button === this.#toggles.hex) this.#setOn('regex', false);
      if (on && button === this.#toggles.regex) this.#setOn('hex', false);
      button.setAttribute('aria-pressed', String(on));
      this.#showKind();
    });
    button.setAttribute('aria-pressed', 'false');
    return button;
  }

  #isOn(name: ToggleName): boolean {
    return this.#toggles[name].getAttribute('aria-pressed') === 'true';
  }

  #setOn(name: ToggleName, on: boolean): void {
    this.#toggles[name].setAttribute('aria-pressed', String(on));
  }

  #showKind(): void {
    this.#input.placeholder = PLACEHOLDERS[this.pattern.kind];
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.stopPropagation();
      this.close();
    } else if (event.key === 'Enter' && event.target === this.#input) {
      event.preventDefault();
      this.find(event.shiftKey ? 'previous' : 'next');
    }
  }
}
