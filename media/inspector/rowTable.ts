/** The grid of rows: drawing, selection, keyboard, columns that can be chosen and resized. */

import type { ColumnSettings } from '../../src/shared/inspectorMessages.ts';
import type { InspectorRow, LogColumn } from '../../src/shared/inspectorRows.ts';
import { formatCount } from '../../src/shared/quantities.ts';
import type { RecordState } from '../../src/shared/recordState.ts';
import type { RowOrder, SortColumn } from '../../src/shared/rowOrder.ts';
import { COLUMNS, type Column } from './columns.ts';
import { characterWidthPx, element, icon, setText } from './dom.ts';
import type { RowCache } from './rowCache.ts';
import { RowScroller } from './rowScroller.ts';

export interface RowTableEvents {
  /** The selection moved; `settled` when nothing has moved it for a moment. */
  onSelect(position: number): void;
  onScroll(top: number): void;
  /** For the first time a row has been drawn with what it says. */
  onFirstRows(): void;
  onActivate(position: number): void;
  onColumnsChanged(columns: ColumnSettings): void;
  /** A person does something in the table, which may scroll it. */
  onUse(): void;
  /** A person asks for another order by a column. */
  onSort(column: SortColumn): void;
  /** More or fewer rows fit into the table than before. */
  onResize(): void;
}

const SMALLEST_COLUMN_PX = 40;
const CELL_PADDING_PX = 18;
const KEYBOARD_RESIZE_PX = 16;
/** Rows are this much higher than the font. */
const LINE_HEIGHT = 1.65;

export class RowTable {
  readonly root: HTMLElement;
  readonly #grid: HTMLElement;
  readonly #sideways: HTMLElement;
  readonly #headerRow: HTMLElement;
  readonly #empty = element('p', { class: 'table-empty', hidden: true });
  readonly #list: HTMLElement;
  readonly #scroller: RowScroller;
  readonly #cache: RowCache;
  readonly #events: RowTableEvents;
  #columns: Column[] = [];
  #available: readonly LogColumn[] = [];
  #hidden = new Set(COLUMNS.filter(({ optional }) => optional).map(({ id }) => id));
  #widths: Record<string, number> = {};
  /** Of the largest row number so far. */
  #rowNumberChars = 0;
  #characterWidthPx = 0;
  #drawn = new Map<number, DrawnRow>();
  #spare: DrawnRow[] = [];
  #order: RowOrder | undefined;
  #selected = -1;
  #frame = 0;
  #hasDrawnRows = false;

  constructor(cache: RowCache, events: RowTableEvents) {
    this.#cache = cache;
    this.#events = events;
    this.#headerRow = element('div', { class: 'row header', role: 'row', 'aria-rowindex': '1' });
    this.#list = element('div', { class: 'rows', role: 'rowgroup' });
    const header = element('div', { class: 'header-rows', role: 'rowgroup' }, this.#headerRow);
    // The grid is what scrolls up and down, with its header stuck to the top; what is around it scrolls sideways.
    this.#grid = element(
      'div',
      { class: 'grid', role: 'grid', tabindex: '0', 'aria-label': 'Records', 'aria-readonly': 'true' },
      header,
      this.#list,
    );
    this.#scroller = new RowScroller(this.#grid, header, this.#list, rowHeight(), () => this.#scrolled());
    this.#sideways = element('div', { class: 'grid-scroll' }, this.#grid);
    this.root = element('div', { class: 'table' }, this.#sideways, this.#scroller.bar, this.#empty);
    this.#grid.addEventListener('keydown', (event) => this.#onKey(event));
    for (const type of ['wheel', 'pointerdown', 'keydown']) {
      this.root.addEventListener(type, () => this.#events.onUse(), { capture: true, passive: true });
    }
    this.#list.addEventListener('pointerdown', (event) => this.#onPointer(event));
    this.#list.addEventListener('dblclick', () => this.#events.onActivate(this.#selected));
    new ResizeObserver(() => {
      this.redraw();
      this.#events.onResize();
    }).observe(this.#grid);
  }

  get selected(): number {
    return this.#selected;
  }

  get rowCount(): number {
    return this.#scroller.total;
  }

  get top(): number {
    return this.#scroller.top;
  }

  get pageRows(): number {
    return this.#scroller.pageRows;
  }

  /** Columns that the format has and that a person may show or hide. */
  get choosableColumns(): readonly { readonly column: Column; readonly shown: boolean }[] {
    return this.#formatColumns().map((column) => ({ column, shown: !this.#hidden.has(column.id) }));
  }

  focus(): void {
    this.#grid.focus({ preventScroll: true });
  }

  configure(available: readonly LogColumn[], settings: ColumnSettings | undefined): void {
    this.#available = available;
    if (settings !== undefined) {
      this.#hidden = new Set(settings.hidden);
      this.#widths = { ...settings.widths };
    }
    this.#layColumns();
  }

  setRowCount(count: number): void {
    this.#cache.setRowCount(count);
    this.#scroller.setTotal(count);
    this.#grid.setAttribute('aria-rowcount', String(count + 1));
    this.redraw();
  }

  /** Makes room for the number of the file's last row, whichever rows are shown. */
  setFileRows(count: number): void {
    const chars = formatCount(Math.max(0, count - 1)).length;
    if (chars <= this.#rowNumberChars) return;
    this.#rowNumberChars = chars;
    this.#applyWidths();
  }

  /** Says in the middle of the table why it has no rows; an empty text says nothing. */
  showEmpty(text: string): void {
    this.#empty.textContent = text;
    this.#empty.hidden = text === '';
  }

  scrollTo(position: number): void {
    this.#scroller.scrollTo(position);
  }

  /** Brings the selected row into sight. */
  revealSelected(): void {
    if (this.#selected >= 0) this.#scroller.reveal(this.#selected, 'nearest');
  }

  select(position: number, reveal: 'nearest' | 'center' | 'none' = 'nearest'): void {
    const wanted = Math.max(0, Math.min(position, this.#scroller.total - 1));
    if (this.#scroller.total === 0) return;
    this.#selected = wanted;
    if (reveal !== 'none') this.#scroller.reveal(wanted, reveal);
    this.redraw();
    this.#events.onSelect(wanted);
  }

  clearSelection(): void {
    this.#selected = -1;
    this.#grid.removeAttribute('aria-activedescendant');
    this.redraw();
  }

  toggleColumn(id: string): void {
    if (!this.#hidden.delete(id)) this.#hidden.add(id);
    this.#columnsChanged();
  }

  /** Marks the column that rows are sorted by. */
  setOrder(order: RowOrder | undefined): void {
    this.#order = order;
    this.#columns.forEach((column, at) => {
      const cell = this.#headerRow.children[at];
      if (cell instanceof HTMLElement) this.#markOrder(cell, column);
    });
  }

  /** Columns are as wide as so many characters. */
  fontChanged(): void {
    this.#layColumns();
  }

  /** Draws at the next frame. */
  redraw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#scroller.setRowHeight(rowHeight());
      this.#draw();
    });
  }

  #formatColumns(): Column[] {
    return COLUMNS.filter(({ needs }) => needs === undefined || this.#available.includes(needs));
  }

  #columnsChanged(): void {
    this.#layColumns();
    this.#events.onColumnsChanged({ hidden: [...this.#hidden], widths: this.#widths });
  }

  #layColumns(): void {
    // Once for all columns: it lays the page out.
    this.#characterWidthPx = characterWidthPx(this.#grid);
    this.#columns = this.#formatColumns().filter(({ id }) => !this.#hidden.has(id));
    this.#grid.setAttribute('aria-colcount', String(this.#columns.length));
    this.#headerRow.replaceChildren(...this.#columns.map((column, at) => this.#headerCell(column, at)));
    for (const row of [...this.#drawn.values(), ...this.#spare]) row.root.remove();
    this.#drawn.clear();
    this.#spare = [];
    this.#applyWidths();
    this.redraw();
  }

  #applyWidths(): void {
    const widths = this.#columns.map((column) => this.#widthOf(column));
    // The value takes the room that is left, until someone gives it a width.
    const tracks = this.#columns.map(({ id }, at) =>
      id === 'value' && this.#widths[id] === undefined ? `minmax(${widths[at]}px, 1fr)` : `${widths[at]}px`,
    );
    this.#sideways.style.setProperty('--columns', tracks.join(' '));
    this.#sideways.style.setProperty('--table-width', `${widths.reduce((sum, width) => sum + width, 0)}px`);
  }

  #widthOf({ id, widthChars }: Column): number {
    const chars = id === 'row' ? Math.max(widthChars, this.#rowNumberChars) : widthChars;
    return this.#widths[id] ?? Math.round(chars * this.#characterWidthPx) + CELL_PADDING_PX;
  }

  #headerCell(column: Column, at: number): HTMLElement {
    const handle = element('span', {
      class: 'resize-handle',
      role: 'separator',
      tabindex: '0',
      'aria-orientation': 'vertical',
      'aria-label': `Width of ${column.title}`,
      'aria-valuenow': String(this.#widthOf(column)),
      'aria-valuemin': String(SMALLEST_COLUMN_PX),
      'aria-valuemax': '2000',
    });
    const setWidth = (widthPx: number, done: boolean) => {
      this.#widths[column.id] = Math.max(SMALLEST_COLUMN_PX, Math.round(widthPx));
      handle.setAttribute('aria-valuenow', String(this.#widths[column.id]));
      this.#applyWidths();
      if (done) this.#events.onColumnsChanged({ hidden: [...this.#hidden], widths: this.#widths });
    };
    handle.addEventListener('pointerdown', (down) => {
      down.preventDefault();
      down.stopPropagation();
      handle.setPointerCapture(down.pointerId);
      const startPx = this.#widthOf(column) - down.clientX;
      const move = (event: PointerEvent) => setWidth(startPx + event.clientX, false);
      handle.addEventListener('pointermove', move);
      handle.addEventListener(
        'pointerup',
        (up) => {
          handle.removeEventListener('pointermove', move);
          setWidth(startPx + up.clientX, true);
        },
        { once: true },
      );
    });
    const resetWidth = () => {
      delete this.#widths[column.id];
      setWidth(this.#widthOf(column), true);
    };
    handle.addEventListener('dblclick', resetWidth);
    handle.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') resetWidth();
      const step = { ArrowLeft: -KEYBOARD_RESIZE_PX, ArrowRight: KEYBOARD_RESIZE_PX }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      setWidth(this.#widthOf(column) + step, true);
    });
    const cell = element(
      'div',
      {
        class: column.alignRight ? 'cell right' : 'cell',
        role: 'columnheader',
        'aria-colindex': String(at + 1),
        title: column.tooltip,
      },
      this.#headerTitle(column),
      handle,
    );
    this.#markOrder(cell, column);
    return cell;
  }

  #headerTitle({ title, tooltip, longTitle, sort }: Column): HTMLElement {
    const text = element('span', { class: 'text' }, title);
    if (sort === undefined) return text;
    const button = element(
      'button',
      { type: 'button', class: 'sort-button', title: `${tooltip}\nSort by ${longTitle}` },
      text,
    );
    button.addEventListener('click', () => this.#events.onSort(sort));
    return button;
  }

  #markOrder(cell: HTMLElement, { sort }: Column): void {
    if (sort === undefined) return;
    const order = this.#order?.column === sort ? this.#order : undefined;
    const direction = order === undefined ? 'none' : order.descending ? 'descending' : 'ascending';
    cell.setAttribute('aria-sort', direction);
    const button = cell.querySelector('.sort-button');
    button?.querySelector('.codicon')?.remove();
    if (order !== undefined) button?.append(icon(order.descending ? 'arrow-down' : 'arrow-up'));
  }

  #scrolled(): void {
    this.redraw();
    this.#events.onScroll(this.#scroller.top);
  }

  #draw(): void {
    const { items, heightPx } = this.#scroller.visible();
    this.#list.style.height = `${heightPx}px`;
    this.#cache.want(items[0]?.position ?? 0, items.at(-1)?.position ?? 0);
    const wanted = new Set(items.map(({ position }) => position));
    for (const [position, drawn] of this.#drawn) {
      if (wanted.has(position)) continue;
      this.#drawn.delete(position);
      drawn.root.hidden = true;
      this.#spare.push(drawn);
    }
    for (const { position, topPx } of items) this.#drawRow(position, topPx);
    if (this.#selected >= 0) this.#markActive();
    if (this.#hasDrawnRows || !items.some(({ position }) => this.#cache.row(position) !== undefined)) return;
    this.#hasDrawnRows = true;
    this.#events.onFirstRows();
  }

  #drawRow(position: number, topPx: number): void {
    let drawn = this.#drawn.get(position);
    if (drawn === undefined) {
      drawn = this.#spare.pop() ?? this.#newRow();
      drawn.root.hidden = false;
      drawn.position = position;
      drawn.root.id = `row-${position}`;
      drawn.root.setAttribute('aria-rowindex', String(position + 2));
      this.#drawn.set(position, drawn);
    }
    drawn.root.style.transform = `translateY(${topPx}px)`;
    const isSelected = position === this.#selected;
    drawn.root.classList.toggle('selected', isSelected);
    drawn.root.setAttribute('aria-selected', String(isSelected));
    const row = this.#cache.row(position);
    fillRow(drawn, row, row === undefined ? undefined : this.#cache.state(row), this.#columns);
  }

  #newRow(): DrawnRow {
    const cells = this.#columns.map((column, at) => {
      const text = element('span', { class: 'text' });
      const mark = element('span');
      const cell = element(
        'div',
        { class: column.alignRight ? 'cell right' : 'cell', role: 'gridcell', 'aria-colindex': String(at + 1) },
        mark,
        text,
      );
      return { cell, text, mark };
    });
    const root = element('div', { class: 'row', role: 'row' }, ...cells.map(({ cell }) => cell));
    this.#list.append(root);
    return { root, cells, position: -1, row: undefined, state: undefined };
  }

  #markActive(): void {
    const id = `row-${this.#selected}`;
    if (this.#drawn.has(this.#selected)) this.#grid.setAttribute('aria-activedescendant', id);
    else this.#grid.removeAttribute('aria-activedescendant');
  }

  #onPointer(event: PointerEvent): void {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('.row') : null;
    const found = [...this.#drawn.values()].find(({ root }) => root === row);
    if (found !== undefined && event.button === 0) this.select(found.position, 'none');
  }

  #onKey(event: KeyboardEvent): void {
    if (event.target !== this.#grid) return;
    const last = this.#scroller.total - 1;
    const { pageRows } = this.#scroller;
    const from = this.#selected;
    const moves: Record<string, number> = {
      ArrowDown: from + 1,
      ArrowUp: Math.max(0, from - 1),
      PageDown: from + pageRows,
      PageUp: from - pageRows,
      Home: 0,
      End: last,
    };
    const target = moves[event.key];
    if (target !== undefined && !event.altKey) {
      event.preventDefault();
      this.select(target);
    } else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      event.preventDefault();
      this.#sideways.scrollBy({ left: event.key === 'ArrowLeft' ? -64 : 64 });
    } else if (event.key === 'Enter' && from >= 0) {
      event.preventDefault();
      this.#events.onActivate(from);
    }
  }
}

interface DrawnRow {
  readonly root: HTMLElement;
  readonly cells: readonly { readonly cell: HTMLElement; readonly text: HTMLElement; readonly mark: HTMLElement }[];
  position: number;
  row: InspectorRow | undefined;
  state: RecordState | undefined;
}

function fillRow(
  drawn: DrawnRow,
  row: InspectorRow | undefined,
  state: RecordState | undefined,
  columns: readonly Column[],
): void {
  if (row !== undefined && drawn.row === row && drawn.state === state) return;
  drawn.row = row;
  drawn.state = state;
  drawn.root.classList.toggle('damaged', row?.kind === 'damage');
  drawn.root.classList.toggle('loading', row === undefined);
  drawn.root.setAttribute('aria-busy', String(row === undefined));
  columns.forEach((column, at) => {
    const parts = drawn.cells[at];
    if (parts === undefined) return;
    const {
      text,
      tooltip = '',
      className = '',
      icon: iconName,
      iconLabel,
    } = row === undefined ? { text: '' } : column.cell(row, state);
    setText(parts.text, text);
    parts.text.className = `text ${className}`;
    parts.cell.title = tooltip;
    parts.mark.className = iconName === undefined ? '' : `mark codicon codicon-${iconName} ${className}`;
    parts.mark.hidden = iconName === undefined;
    if (iconName === undefined) {
      parts.mark.removeAttribute('role');
      parts.mark.removeAttribute('aria-label');
    } else {
      parts.mark.setAttribute('role', 'img');
      parts.mark.setAttribute('aria-label', iconLabel ?? iconName);
    }
  });
}

function rowHeight(): number {
  const size = Number.parseFloat(getComputedStyle(document.body).getPropertyValue('--strata-font-size'));
  return Math.round((Number.isNaN(size) ? 13 : size) * LINE_HEIGHT);
}
