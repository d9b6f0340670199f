/** The selected row in full: its fields, their bytes, and what can be done with it. */

import { MAX_COPY_BYTES } from '../../src/shared/copyLimit.ts';
import type { PlaceOfRow, RowAction } from '../../src/shared/inspectorMessages.ts';
import { type InspectorRow, type RecordField, type RowDetail, UNKNOWN_ROW } from '../../src/shared/inspectorRows.ts';
import type { DetailTab } from '../../src/shared/inspectorViewState.ts';
import {
  formatCount,
  formatCountOf,
  formatOffset,
  formatTimeLeft,
  formatUtc,
  outsideCalendar,
} from '../../src/shared/quantities.ts';
import { bytesAs, hexByte, NOTATIONS, type Notation } from './bytesAsText.ts';
import { type ByteRange, ByteView } from './byteView.ts';
import { localTime } from './columns.ts';
import { isSameDetail } from './detailEquality.ts';
import { breakable, element, icon, iconButton, linkButton, setHidden, takeFocus } from './dom.ts';
import type { IconName } from './icons.ts';
import { rowAsJson } from './rowAsJson.ts';
import { bytesOfTab, fieldOf, type TabBytes } from './tabBytes.ts';
import { emptyView, MAX_VALUE_BYTES, NUMBER_BYTES, numbersView, readText, readValue, valueView } from './valueViews.ts';

export interface DetailEvents {
  /** Bytes of the file. */
  read(offsetBytes: number, sizeBytes: number): Promise<Uint8Array>;
  /** `cut` says what was left out, if anything was. */
  copy(text: string, what: string, cut: string | undefined): void;
  run(action: RowAction, place: PlaceOfRow): void;
  onTab(tab: DetailTab): void;
  onClose(): void;
  /** The keyboard focus was in the detail, which has nothing to show any more. */
  onLeave(): void;
}

const FIELD_COLUMNS = [
  ['Field', ''],
  ['At', 'right'],
  ['Bytes', 'right'],
  ['Raw', 'raw'],
  ['Value', ''],
  ['Meaning', ''],
] as const;

const TABS: readonly (readonly [tab: DetailTab, label: string])[] = [
  ['bytes', 'Bytes'],
  ['value', 'Value'],
  ['text', 'Text'],
  ['numbers', 'Numbers'],
];
interface ActionButton {
  readonly action: RowAction;
  readonly iconName: IconName;
  readonly label: string;
  /** A record with a key, also with a value, or also the store that it belongs to; absent: any row will do. */
  readonly needs?: 'key' | 'value' | 'store';
}

const ACTION_BUTTONS: readonly ActionButton[] = [
  { action: 'openValue', iconName: 'go-to-file', label: 'Open the value in an editor', needs: 'value' },
  { action: 'selectForCompare', iconName: 'git-compare', label: 'Select for compare', needs: 'key' },
  { action: 'compareWithSelected', iconName: 'diff', label: 'Compare with selected', needs: 'key' },
  { action: 'revealKey', iconName: 'list-tree', label: 'Reveal the key in the tree', needs: 'store' },
  { action: 'showHistory', iconName: 'history', label: 'Show all versions of the key', needs: 'store' },
  { action: 'goToNext', iconName: 'arrow-right', label: 'Go to the record that superseded it', needs: 'store' },
  { action: 'goToNewest', iconName: 'references', label: 'Go to the newest record of the key', needs: 'store' },
  { action: 'openInHexEditor', iconName: 'file-binary', label: 'Open in hex editor' },
];
/** All of those fields whose size is fixed. */
const RAW_BYTES_SHOWN = 8;

export class DetailPane {
  readonly root: HTMLElement;
  readonly #events: DetailEvents;
  readonly #title = element('h2', {});
  readonly #message = element('p', { class: 'detail-message', role: 'note' });
  readonly #actions: ReadonlyMap<ActionButton, HTMLButtonElement>;
  readonly #fieldBody = element('tbody', {});
  readonly #noFields = element('p', { class: 'no-fields', role: 'note', hidden: true });
  readonly #byteView: ByteView;
  readonly #panels: Record<DetailTab, HTMLElement>;
  readonly #tabs = new Map<DetailTab, HTMLButtonElement>();
  readonly #selectionText = element('span', { class: 'selection-text' });
  readonly #copyButtons = element('span', { class: 'copy-buttons' });
  #tab: DetailTab = 'bytes';
  #detail: RowDetail | undefined;
  /** Absent: nothing was selected by anybody. */
  #selection: ByteRange | undefined;
  /** Counts what was begun to be drawn: what has been read for an earlier one comes too late. */
  #drawing = 0;
  #hovered: RecordField | undefined;
  #storeKnown = false;

  constructor(events: DetailEvents) {
    this.#events = events;
    this.#byteView = new ByteView({
      read: (start, sizeBytes) => events.read((this.#detail?.row.offsetBytes ?? 0) + start, sizeBytes),
      onHover: (at) => this.#hover(at === undefined ? undefined : this.#fieldAt(at)),
      onSelect: (range, cursor) => {
        this.#select(range);
        // By keyboard too, where nothing is pointed at.
        this.#hover(this.#fieldAt(cursor));
      },
    });
    this.#panels = {
      bytes: this.#byteView.root,
      value: tabContent('Value'),
      text: tabContent('Text'),
      numbers: tabContent('Numbers'),
    };
    this.#actions = new Map(ACTION_BUTTONS.map((action) => [action, this.#actionButton(action)]));
    this.root = this.#layOut();
    this.setTab('bytes');
    this.show(undefined);
  }

  setStoreKnown(storeKnown: boolean): void {
    this.#storeKnown = storeKnown;
    this.#drawActions();
  }

  /** Without a detail, `emptyNote` says why there is none. */
  show(detail: RowDetail | undefined, emptyNote = 'No row is selected.'): void {
    // A record that was explained before its row was known stays as it is.
    if (detail !== undefined && this.#detail?.row.row === UNKNOWN_ROW && this.#isKept(detail)) return;
    this.root.dataset['empty'] = emptyNote;
    this.#detail = detail;
    this.#hovered = undefined;
    this.root.classList.toggle('empty', detail === undefined);
    if (detail === undefined) {
      if (this.root.contains(document.activeElement)) this.#events.onLeave();
      return;
    }
    const { row, fields } = detail;
    const focused = this.#focusedField;
    this.#drawTitle(row);
    this.#message.textContent = row.kind === 'damage' ? `${row.reason}. ${row.message.replace(/\.$/, '')}.` : '';
    this.#message.hidden = row.kind !== 'damage';
    this.#fieldBody.replaceChildren(...fields.map((field) => this.#fieldRow(field, detail.bytes)));
    this.#noFields.hidden = fields.length > 0;
    this.#noFields.textContent = `Nothing in this ${row.kind === 'damage' ? 'range' : 'row'} can be decoded into fields.`;
    this.#byteView.show(row, fields, detail.bytes, hasKey(row) ? 'Open Value' : 'the hex editor');
    this.#selection = undefined;
    this.#drawActions();
    this.#drawTab();
    const next = focused === undefined ? undefined : (this.#rowOfField(focused) ?? this.#fieldBody.rows[0]);
    if (next !== undefined) takeFocus(next);
  }

  #drawTitle(row: InspectorRow): void {
    const name = row.kind === 'damage' ? 'Damage' : row.kind === 'record' ? 'Record' : partName(row.cells.operation);
    this.#title.textContent = row.row === UNKNOWN_ROW ? name : `${name} #${formatCount(row.row)}`;
    this.#title.append(
      element(
        'span',
        { class: 'detail-place' },
        `${formatOffset(row.offsetBytes)} · ${formatCountOf(row.sizeBytes, 'byte')}`,
      ),
    );
  }

  /** The same record was read again; where nothing about it is new, the cursor and the focus stay. */
  showAgain(detail: RowDetail): void {
    if (!this.#isKept(detail)) this.show(detail);
  }

  /** Where only the number of the row is new, that is shown, and nothing else changes. */
  #isKept(detail: RowDetail): boolean {
    if (this.#detail === undefined || !isSameDetail(this.#detail, detail)) return false;
    this.#detail = detail;
    this.#drawTitle(detail.row);
    return true;
  }

  /** Marks the bytes that a search found. */
  showMatch(range: ByteRange): void {
    this.setTab('bytes');
    this.#byteView.showMatch(range);
  }

  /** Puts the cursor on a byte of the row. */
  showByte(at: number): void {
    this.setTab('bytes');
    this.#byteView.select({ start: at, end: at + 1 });
    this.#select(this.#byteView.selection);
  }

  fontChanged(): void {
    this.#byteView.fontChanged();
  }

  setTab(tab: DetailTab): void {
    this.#tab = tab;
    for (const [name, button] of this.#tabs) {
      button.setAttribute('aria-selected', String(name === tab));
      button.tabIndex = name === tab ? 0 : -1;
    }
    const chosen = this.#tabs.get(tab);
    for (const [name, panel] of Object.entries(this.#panels)) {
      if (panel.parentElement !== null && chosen !== undefined) setHidden(panel.parentElement, name !== tab, chosen);
    }
    this.#drawTab();
  }

  focus(): void {
    (this.#fieldBody.querySelector('tr') ?? this.#byteView).focus();
  }

  #layOut(): HTMLElement {
    const table = element(
      'table',
      { class: 'fields', 'aria-label': 'Fields' },
      element('colgroup', {}, ...FIELD_COLUMNS.map(([name]) => element('col', { class: `col-${name.toLowerCase()}` }))),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...FIELD_COLUMNS.map(([title, className]) => element('th', { scope: 'col', class: className }, title)),
        ),
      ),
      this.#fieldBody,
    );
    const tabList = element('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Show the bytes as' });
    for (const [tab, label] of TABS) tabList.append(this.#tabButton(tab, label));
    const panels = TABS.map(([tab]) =>
      element(
        'div',
        { class: 'tab-panel', role: 'tabpanel', id: `panel-${tab}`, 'aria-labelledby': `tab-${tab}` },
        this.#panels[tab],
      ),
    );
    const close = iconButton('close', 'Close detail (Escape); Enter on a row opens it again', () =>
      this.#events.onClose(),
    );
    return element(
      'section',
      { class: 'detail empty', 'aria-label': 'Selected record' },
      element(
        'div',
        { class: 'detail-bar' },
        this.#title,
        element('div', { class: 'detail-actions' }, ...this.#actions.values()),
        close,
      ),
      this.#message,
      element(
        'div',
        { class: 'detail-body' },
        element(
          'div',
          { class: 'detail-fields', tabindex: '0', role: 'region', 'aria-label': 'Fields of the row' },
          table,
          this.#noFields,
        ),
        element(
          'div',
          { class: 'detail-bytes' },
          element('div', { class: 'tab-bar' }, tabList, this.#copyBar()),
          ...panels,
        ),
      ),
    );
  }

  #tabButton(tab: DetailTab, label: string): HTMLButtonElement {
    const button = element(
      'button',
      { type: 'button', role: 'tab', id: `tab-${tab}`, 'aria-controls': `panel-${tab}` },
      label,
    );
    button.addEventListener('click', () => this.#chooseTab(tab));
    button.addEventListener('keydown', ({ key }) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
      if (step === undefined) return;
      const names = TABS.map(([name]) => name);
      const next = names[(names.indexOf(this.#tab) + step + names.length) % names.length] as DetailTab;
      this.#chooseTab(next);
      this.#tabs.get(next)?.focus();
    });
    this.#tabs.set(tab, button);
    return button;
  }

  #chooseTab(tab: DetailTab): void {
    this.setTab(tab);
    this.#events.onTab(tab);
  }

  #copyBar(): HTMLElement {
    const buttons = NOTATIONS.map(([notation, label]) =>
      linkButton(label, () => void this.#copy(notation), `Copy what is shown as ${label}`),
    );
    this.#copyButtons.append(icon('copy'), ...buttons);
    return element(
      'div',
      { class: 'copy-bar', role: 'group', 'aria-label': 'Copy what is shown as' },
      this.#selectionText,
      this.#copyButtons,
    );
  }

  #actionButton({ action, iconName, label }: ActionButton): HTMLButtonElement {
    return iconButton(iconName, label, () => {
      const row = this.#detail?.row;
      if (row !== undefined) this.#events.run(action, { row: row.row, offsetBytes: row.offsetBytes });
    });
  }

  /** Hidden and shown but never made anew: one of them may have the focus. */
  #drawActions(): void {
    const row = this.#detail?.row;
    const key = row !== undefined && hasKey(row);
    const has = { key, value: key && row.cells?.value !== undefined, store: key && this.#storeKnown };
    const always = [...this.#actions].find(([{ needs }]) => needs === undefined)?.[1] ?? this.#byteView;
    for (const [{ needs }, button] of this.#actions) setHidden(button, needs !== undefined && !has[needs], always);
  }

  #fieldRow(field: RecordField, bytes: Uint8Array): HTMLElement {
    const raw = [...bytes.subarray(field.offsetBytes, field.offsetBytes + Math.min(field.sizeBytes, RAW_BYTES_SHOWN))];
    const rawText = `${raw.map(hexByte).join(' ')}${field.sizeBytes > RAW_BYTES_SHOWN ? '…' : ''}`;
    const row = element(
      'tr',
      {
        tabindex: '0',
        class: `field colour-${field.colourGroup}${field.problem ? ' problem' : ''}`,
        'data-field': field.name,
      },
      element('th', { scope: 'row' }, element('span', { class: 'swatch', 'aria-hidden': 'true' }), field.name),
      element('td', { class: 'right' }, ...breakable(`+${formatCount(field.offsetBytes)}`)),
      element('td', { class: 'right' }, ...breakable(formatCount(field.sizeBytes))),
      element('td', { class: 'raw' }, rawText),
      element(
        'td',
        { class: 'field-value' },
        isNumber(field)
          ? element('span', { class: 'decoded number' }, ...breakable(field.value))
          : element('span', { class: 'decoded', title: field.value }, field.value),
        // Seen where there is no room for a column of them.
        element('span', { class: 'raw-below' }, rawText),
      ),
      element('td', { class: 'meaning' }, meaningOf(field)),
    );
    row.addEventListener('pointerenter', () => this.#hover(field));
    row.addEventListener('pointerleave', () => this.#hover(undefined));
    row.addEventListener('focus', () => this.#hover(field));
    row.addEventListener('click', () => this.#selectField(field));
    row.addEventListener('keydown', (event) => this.#onFieldKey(event, row, field));
    return row;
  }

  #onFieldKey(event: KeyboardEvent, row: HTMLElement, field: RecordField): void {
    const neighbour = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
    if (neighbour instanceof HTMLElement) {
      event.preventDefault();
      neighbour.focus();
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.#selectField(field);
    }
  }

  #selectField(field: RecordField): void {
    const range = { start: field.offsetBytes, end: field.offsetBytes + field.sizeBytes };
    this.#byteView.select(range);
    this.#select(range);
  }

  #select(range: ByteRange): void {
    this.#selection = range;
    // The byte view marks a selection by itself.
    if (this.#tab === 'bytes') this.#drawSelection();
    else this.#drawTab();
  }

  get #fields(): readonly RecordField[] {
    return this.#detail?.fields ?? [];
  }

  /** Says what the tab shows, which is what is copied. */
  #drawSelection(): void {
    const shown = this.#shownBytes;
    if (shown === undefined) return;
    this.#selectionText.textContent = shown.label;
    setHidden(this.#copyButtons, shown.start === shown.end, this.#tabs.get(this.#tab) ?? this.#byteView);
    const chosen = this.#selection === undefined ? undefined : fieldOf(this.#selection, this.#fields)?.name;
    for (const row of this.#fieldBody.rows) row.classList.toggle('chosen', row.dataset['field'] === chosen);
  }

  get #shownBytes(): TabBytes | undefined {
    return this.#detail === undefined ? undefined : bytesOfTab(this.#tab, this.#detail, this.#selection);
  }

  get #focusedField(): string | undefined {
    return [...this.#fieldBody.rows].find((row) => row === document.activeElement)?.dataset['field'];
  }

  #rowOfField(name: string): HTMLTableRowElement | undefined {
    return [...this.#fieldBody.rows].find((row) => row.dataset['field'] === name);
  }

  #fieldAt(at: number): RecordField | undefined {
    return this.#fields.find(({ offsetBytes, sizeBytes }) => at >= offsetBytes && at < offsetBytes + sizeBytes);
  }

  /** Pointing at a field marks its bytes, pointing at a byte marks its field. */
  #hover(field: RecordField | undefined): void {
    if (field === this.#hovered) return;
    this.#hovered = field;
    for (const row of this.#fieldBody.rows) {
      const isHovered = row.dataset['field'] === field?.name;
      row.classList.toggle('highlighted', isHovered);
      if (isHovered && !row.matches(':hover, :focus')) row.scrollIntoView({ block: 'nearest' });
    }
    const covers = field?.covers;
    this.#byteView.highlight(
      field === undefined ? undefined : { start: field.offsetBytes, end: field.offsetBytes + field.sizeBytes },
      covers === undefined ? undefined : { start: covers.offsetBytes, end: covers.offsetBytes + covers.sizeBytes },
    );
  }

  #drawTab(): void {
    this.#drawing++;
    this.#drawSelection();
    if (this.#tab === 'bytes') this.#byteView.redraw();
    else void this.#drawValue(this.#tab);
  }

  async #drawValue(tab: Exclude<DetailTab, 'bytes'>): Promise<void> {
    const detail = this.#detail;
    const shown = this.#shownBytes;
    if (detail === undefined || shown === undefined) return;
    if (shown.noneBecause !== undefined) {
      this.#panels[tab].replaceChildren(emptyView(shown.noneBecause));
      return;
    }
    const drawing = this.#drawing;
    const wantedBytes = Math.min(shown.end - shown.start, tab === 'numbers' ? NUMBER_BYTES : MAX_VALUE_BYTES);
    const bytes = await this.#events.read(detail.row.offsetBytes + shown.start, wantedBytes);
    if (drawing !== this.#drawing) return;
    this.#panels[tab].replaceChildren(viewAs(tab, bytes, shown));
  }

  async #copy(notation: Notation): Promise<void> {
    const detail = this.#detail;
    const shown = this.#shownBytes;
    if (detail === undefined || shown === undefined) return;
    const { start, end } = shown;
    const selectedBytes = end - start;
    const bytes = await this.#events.read(detail.row.offsetBytes + start, Math.min(selectedBytes, MAX_COPY_BYTES));
    const isCut = selectedBytes > MAX_COPY_BYTES;
    const first = `the first ${formatCount(bytes.length)} of ${formatCountOf(selectedBytes, 'byte')}`;
    if (notation === 'json' && start === 0 && end === detail.row.sizeBytes) {
      const cut = isCut ? `Copied the row without what reaches beyond ${first}` : undefined;
      this.#events.copy(rowAsJson(detail, bytes), 'row as JSON', cut);
      return;
    }
    const what = formatCountOf(bytes.length, 'byte');
    this.#events.copy(bytesAs(notation, bytes), what, isCut ? `Copied ${first}` : undefined);
  }
}

function tabContent(label: string): HTMLElement {
  return element('div', { class: 'tab-content', tabindex: '0', role: 'region', 'aria-label': label });
}

function viewAs(tab: Exclude<DetailTab, 'bytes'>, bytes: Uint8Array, { start, end, label }: TabBytes): HTMLElement {
  const totalBytes = end - start;
  if (tab === 'numbers') return numbersView(bytes, label, totalBytes);
  const read = tab === 'text' ? readText : readValue;
  return valueView(read(bytes, bytes.length === totalBytes), bytes, totalBytes);
}

function hasKey(row: InspectorRow): boolean {
  return row.kind === 'record' && row.cells.key !== undefined;
}

function isNumber({ type }: RecordField): boolean {
  return type === 'number' || type === 'time';
}

function partName(operation: string): string {
  return operation.charAt(0).toUpperCase() + operation.slice(1);
}

function meaningOf(field: RecordField): string {
  const { timeMs, meaning } = field;
  if (timeMs === undefined) return meaning;
  const awayMs = timeMs - Date.now();
  const away = awayMs > 0 ? `in ${formatTimeLeft(awayMs)}` : `${formatTimeLeft(-awayMs)} ago`;
  const outside = outsideCalendar(timeMs);
  return outside === undefined ? `${localTime(timeMs)} local, ${formatUtc(timeMs)}, ${away}` : `${outside}, ${away}`;
}
