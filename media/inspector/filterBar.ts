/** The filter line with its shortcuts, and what the filter has found so far. */

import {
  type FilterParse,
  filterHelp,
  parseFilter,
  type RowFilter,
  readFilter,
  splitFilter,
} from '../../src/shared/inspectorFilter.ts';
import type { FilterProgress } from '../../src/shared/inspectorMessages.ts';
import type { LogColumn } from '../../src/shared/inspectorRows.ts';
import { formatCount, formatShare } from '../../src/shared/quantities.ts';
import { element, icon, iconButton, setHidden, setText } from './dom.ts';

export interface FilterEvents {
  onFilter(filter: RowFilter | undefined, query: string): void;
  /** The query that was handed on last is asked for once more. */
  onSame(): void;
  onCancel(): void;
}

/** Typing is over when no key has been pressed for so long. */
const SETTLE_MS = 220;

/** What the empty field offers, each where the file has that column. */
const FILTER_WORDS: readonly (readonly [word: string, column: LogColumn | undefined])[] = [
  ['text, /regex/,', undefined],
  ['key: prefix:', 'key'],
  ['value:', 'value'],
  ['op:', 'operation'],
  ['state:', 'state'],
  ['checksum:', 'checksum'],
  ['seq:', 'sequence'],
  ['time:', 'time'],
  ['size:', undefined],
];

export class FilterBar {
  readonly root: HTMLElement;
  readonly #events: FilterEvents;
  readonly #input: HTMLInputElement;
  readonly #problem = element('span', { class: 'filter-problem', id: 'filter-problem', role: 'alert' });
  readonly #status = element('span', { class: 'filter-status', role: 'status' });
  readonly #cancel: HTMLButtonElement;
  readonly #clear: HTMLButtonElement;
  readonly #selects = new Map<string, HTMLSelectElement>();
  /** Those of the file's format; undefined until they are known. */
  #operations: readonly string[] | undefined;
  #timer: number | undefined;
  /** The query that was handed on last. */
  #lastQuery = '';
  /** What was wrong with it, though it looked right here. */
  #refusal: string | undefined;
  #progress: FilterProgress | undefined;

  constructor(events: FilterEvents) {
    this.#events = events;
    this.#input = element('input', {
      type: 'text',
      class: 'filter-input',
      'aria-label': 'Filter',
      'aria-describedby': 'filter-problem',
      spellcheck: 'false',
      autocomplete: 'off',
    });
    this.#input.addEventListener('input', () => this.#settle());
    this.#input.addEventListener('keydown', (event) => this.#onKey(event));
    this.#cancel = iconButton('stop-circle', 'Stop filtering', () => events.onCancel());
    this.#clear = iconButton('close', 'Clear the filter (Escape)', () => this.setQuery(''));
    this.root = element(
      'div',
      { class: 'filter-bar', role: 'search' },
      element('div', { class: 'filter-box' }, icon('filter'), this.#input, this.#clear),
      this.#select('op', 'Operation', []),
      this.#select('state', 'State', [
        'live',
        'superseded',
        'deleted',
        'expired',
        'tombstone',
        'uncommitted',
        'damaged',
      ]),
      this.#select('checksum', 'Checksum', ['valid', 'invalid', 'none']),
      this.#status,
      this.#cancel,
      this.#problem,
    );
    this.#clear.hidden = true;
    this.#showBusy(false);
  }

  setOperations(operations: readonly string[]): void {
    this.#operations = operations;
    this.#input.title = filterHelp(operations)
      .map(([example, meaning]) => `${example}   ${meaning}`)
      .join('\n');
    const select = this.#selects.get('op');
    const names = ['', ...operations, 'damage'];
    // Other options would close the list that somebody has open.
    if (select === undefined || [...select.options].map(({ value }) => value).join() === names.join()) return;
    select.replaceChildren(...names.map((name) => optionOf('op', name)));
    this.#syncSelects();
  }

  /** Lists of what the records of this kind of file have. */
  setColumns(columns: readonly LogColumn[]): void {
    const words = FILTER_WORDS.filter(([, column]) => column === undefined || columns.includes(column));
    this.#input.placeholder = `Filter: ${words.map(([word]) => word).join(' ')}`;
    for (const column of ['state', 'checksum'] as const) {
      const select = this.#selects.get(column);
      if (select !== undefined) setHidden(select, !columns.includes(column), this.#input);
    }
  }

  /**
   * Of a filter that was checked when it was typed, or of none: it is handed on at once. False: it is not, because
   * something is wrong with it all the same.
   */
  setQuery(query: string): boolean {
    this.#input.value = query;
    const parsed = parseFilter(query, this.#operations);
    this.#take(query, parsed);
    return parsed.ok;
  }

  focus(): void {
    this.#input.focus();
    this.#input.select();
  }

  /** The file has other rows than when the filter told of its progress; nothing without a filter. */
  showTotal(totalRows: number): void {
    if (this.#progress !== undefined) this.showProgress(this.#progress, totalRows);
  }

  showProgress(progress: FilterProgress, totalRows: number): void {
    this.#progress = progress;
    const found = `${formatCount(progress.matchCount)} of ${formatCount(totalRows)}`;
    const share = progress.sizeBytes === 0 ? 1 : progress.scannedBytes / progress.sizeBytes;
    const isStopped = progress.cancelled || progress.problem !== undefined;
    const suffix = isStopped ? ' · stopped' : progress.done ? '' : ` · ${formatShare(share)}`;
    setText(this.#status, found + suffix);
    // What is wrong with a query that is being typed stays, while the one before it still runs.
    if (this.#input.getAttribute('aria-invalid') !== 'true') setText(this.#problem, progress.problem ?? '');
    this.#showBusy(!progress.done);
  }

  /** Says what is wrong with a query that was handed on, unless another one stands there by now. */
  refuse(query: string, message: string): void {
    if (query.trim() === this.#lastQuery) this.#refusal = message;
    if (this.#input.value === query) this.#showMistake(message);
  }

  showNothing(): void {
    this.#progress = undefined;
    this.#status.textContent = '';
    this.#showBusy(false);
  }

  #showMistake(message: string | undefined): void {
    this.#problem.textContent = message ?? '';
    this.#input.setAttribute('aria-invalid', String(message !== undefined));
  }

  #showBusy(busy: boolean): void {
    setHidden(this.#cancel, !busy, this.#input);
  }

  #settle(): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#apply(), SETTLE_MS);
  }

  async #apply(): Promise<void> {
    window.clearTimeout(this.#timer);
    const query = this.#input.value;
    setHidden(this.#clear, query === '', this.#input);
    const parsed = await readFilter(query, this.#operations);
    // Typed on meanwhile: that is applied in its turn.
    if (this.#input.value === query) this.#take(query, parsed);
  }

  #take(query: string, parsed: FilterParse): void {
    window.clearTimeout(this.#timer);
    setHidden(this.#clear, query === '', this.#input);
    const isSame = query.trim() === this.#lastQuery;
    if (!isSame && parsed.ok) this.#refusal = undefined;
    this.#showMistake(parsed.ok ? this.#refusal : parsed.message);
    this.#syncSelects();
    if (!parsed.ok) return;
    if (isSame) {
      this.#events.onSame();
      return;
    }
    this.#lastQuery = query.trim();
    this.#events.onFilter(parsed.filter, query);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === 'Enter') void this.#apply();
    else if (event.key === 'Escape' && this.#input.value !== '') {
      event.stopPropagation();
      this.setQuery('');
    }
  }

  #select(name: string, label: string, values: readonly string[]): HTMLSelectElement {
    const select = element('select', { 'aria-label': label }, ...['', ...values].map((value) => optionOf(name, value)));
    select.addEventListener('change', () => this.#choose(name, select.value));
    this.#selects.set(name, select);
    return select;
  }

  /** The line is the one truth: choosing writes a word into it. */
  #choose(name: string, value: string): void {
    const others = splitFilter(this.#input.value).filter((word) => !word.startsWith(`${name}:`));
    this.#input.value = [...others, ...(value === '' ? [] : [`${name}:${value}`])].join(' ');
    void this.#apply();
  }

  #syncSelects(): void {
    for (const [name, select] of this.#selects) {
      const word = splitFilter(this.#input.value).find((candidate) => candidate.startsWith(`${name}:`));
      const value = word?.slice(name.length + 1) ?? '';
      select.value = [...select.options].some((option) => option.value === value) ? value : '';
      select.classList.toggle('active', value !== '');
    }
  }
}

function optionOf(name: string, value: string): HTMLOptionElement {
  return element('option', { value }, value === '' ? `${name}: all` : value);
}
