/** Bytes of a row as hexadecimal and text, coloured by field; a cursor and a selection. */

import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core';
import type { RecordField } from '../../src/shared/inspectorRows.ts';
import { formatCount, formatOffset } from '../../src/shared/quantities.ts';
import { hexByte } from './bytesAsText.ts';
import { characterWidthPx, element, setText } from './dom.ts';

export interface ByteRange {
  /** From the row's first byte. */
  readonly start: number;
  readonly end: number;
}

export interface ByteViewEvents {
  /** Reads bytes of the row; `start` counts from its first byte. */
  read(start: number, sizeBytes: number): Promise<Uint8Array>;
  onHover(at: number | undefined): void;
  /** `cursor` is the byte that was moved to. */
  onSelect(range: ByteRange, cursor: number): void;
}

/** 16 where they fit, otherwise 8. */
const WIDE_LINE_BYTES = 16;
const NARROW_LINE_BYTES = 8;
/** Characters of a wide line: offset, bytes, gap, text. */
const WIDE_LINE_CHARS = 73;
const PART_BYTES = 0x1000;
const MAX_PARTS = 32;
const OVERSCAN_LINES = 4;
/** Rows longer than this, at some pixels a line, would be higher than browsers make an element. */
const MAX_LINES = 500_000;

export class ByteView {
  readonly root: HTMLElement;
  readonly #grid: HTMLElement;
  readonly #note = element('p', { class: 'byte-note', role: 'note', hidden: true });
  readonly #lines: HTMLElement;
  readonly #events: ByteViewEvents;
  readonly #virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  readonly #parts = new Map<number, Uint8Array>();
  readonly #loading = new Set<number>();
  #lineBytes = WIDE_LINE_BYTES;
  /** Kept, because the virtualizer asks for it once for each line. */
  #lineHeightPx = lineHeight();
  #fields: readonly RecordField[] = [];
  #elsewhere = '';
  #offsetBytes = 0;
  #sizeBytes = 0;
  #generation = 0;
  #cursor = 0;
  #anchor = 0;
  #highlight: ByteRange | undefined;
  #cover: ByteRange | undefined;
  #match: ByteRange | undefined;

  constructor(events: ByteViewEvents) {
    this.#events = events;
    this.#lines = element('div', { class: 'byte-lines', role: 'presentation' });
    this.#grid = element(
      'div',
      { class: 'byte-view', role: 'grid', tabindex: '0', 'aria-label': 'Bytes', 'aria-readonly': 'true' },
      this.#lines,
    );
    this.root = element('div', { class: 'byte-panel' }, this.#note, this.#grid);
    this.#virtualizer = new Virtualizer<HTMLElement, HTMLElement>(this.#options());
    this.#virtualizer._didMount();
    this.#virtualizer._willUpdate();
    new ResizeObserver(() => this.#fit()).observe(this.#grid);
    this.#grid.addEventListener('pointerover', (event) => this.#events.onHover(byteOf(event.target)));
    this.#grid.addEventListener('pointerleave', () => this.#events.onHover(undefined));
    this.#grid.addEventListener('pointerdown', (event) => this.#onPointer(event));
    this.#grid.addEventListener('keydown', (event) => this.#onKey(event));
  }

  /** Shows another row. `bytes` are its first ones; `elsewhere` shows all of them where this view cannot. */
  show(
    row: { readonly offsetBytes: number; readonly sizeBytes: number },
    fields: readonly RecordField[],
    bytes: Uint8Array,
    elsewhere: string,
  ): void {
    this.#generation++;
    this.#elsewhere = elsewhere;
    this.#offsetBytes = row.offsetBytes;
    this.#sizeBytes = row.sizeBytes;
    this.#fields = fields;
    this.#parts.clear();
    this.#loading.clear();
    for (
      let at = 0;
      at + PART_BYTES <= bytes.length || (at < bytes.length && bytes.length === row.sizeBytes);
      at += PART_BYTES
    ) {
      if (this.#parts.size < MAX_PARTS) this.#parts.set(at / PART_BYTES, bytes.subarray(at, at + PART_BYTES));
    }
    this.#cursor = 0;
    this.#anchor = 0;
    this.#highlight = undefined;
    this.#cover = undefined;
    this.#match = undefined;
    this.#grid.scrollTop = 0;
    this.#update();
  }

  get selection(): ByteRange {
    return { start: Math.min(this.#anchor, this.#cursor), end: Math.max(this.#anchor, this.#cursor) + 1 };
  }

  /** Marks the bytes of a field that is pointed at, and those its checksum covers. */
  highlight(range: ByteRange | undefined, cover?: ByteRange): void {
    this.#highlight = range;
    this.#cover = cover;
    this.#restyle();
  }

  showMatch(range: ByteRange): void {
    this.#match = range;
    this.#reveal(range.start);
    this.#restyle();
  }

  select(range: ByteRange): void {
    this.#anchor = range.start;
    this.#cursor = Math.max(range.start, range.end - 1);
    this.#reveal(range.start);
    this.#restyle();
  }

  focus(): void {
    this.#grid.focus();
  }

  redraw(): void {
    this.#lineHeightPx = lineHeight();
    this.#virtualizer.measure();
    this.#draw();
  }

  fontChanged(): void {
    this.#fit();
    this.redraw();
  }

  #fit(): void {
    const fits = this.#grid.clientWidth >= WIDE_LINE_CHARS * characterWidthPx(this.#grid);
    const lineBytes = fits ? WIDE_LINE_BYTES : NARROW_LINE_BYTES;
    if (lineBytes === this.#lineBytes || this.#grid.clientWidth === 0) return;
    this.#lineBytes = lineBytes;
    this.#grid.classList.toggle('narrow', !fits);
    this.#update();
  }

  #reveal(at: number): void {
    this.#virtualizer.scrollToIndex(Math.floor(at / this.#lineBytes), { align: 'auto' });
  }

  #update(): void {
    this.#virtualizer.setOptions(this.#options());
    this.#virtualizer._willUpdate();
    this.#grid.setAttribute('aria-rowcount', String(this.#lineCount));
    const shownBytes = this.#shownBytes;
    this.#note.hidden = shownBytes === this.#sizeBytes;
    setText(
      this.#note,
      `Shows the first ${formatCount(shownBytes)} of ${formatCount(this.#sizeBytes)} bytes; ${this.#elsewhere} shows all.`,
    );
    this.#draw();
  }

  get #shownBytes(): number {
    return Math.min(this.#sizeBytes, this.#lineCount * this.#lineBytes);
  }

  get #lineCount(): number {
    return Math.min(MAX_LINES, Math.ceil(this.#sizeBytes / this.#lineBytes));
  }

  #options() {
    return {
      count: this.#lineCount,
      getScrollElement: () => this.#grid,
      estimateSize: () => this.#lineHeightPx,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      overscan: OVERSCAN_LINES,
      onChange: () => this.#draw(),
    };
  }

  #draw(): void {
    const items = this.#virtualizer.getVirtualItems();
    this.#lines.style.height = `${this.#virtualizer.getTotalSize()}px`;
    this.#lines.replaceChildren(...items.map(({ index, start }) => this.#line(index, start)));
    this.#restyle();
  }

  /** Changes colours only: the elements under the pointer stay the same. */
  #restyle(): void {
    for (const byte of this.#lines.querySelectorAll<HTMLElement>('.byte')) {
      const at = Number(byte.dataset['at']);
      byte.className = this.#classOf(at);
      if (byte.hasAttribute('role')) byte.setAttribute('aria-selected', String(this.#isSelected(at)));
    }
    const active = document.getElementById(`byte-${this.#cursor}`);
    if (active === null) this.#grid.removeAttribute('aria-activedescendant');
    else this.#grid.setAttribute('aria-activedescendant', active.id);
  }

  #line(index: number, topPx: number): HTMLElement {
    const start = index * this.#lineBytes;
    const end = Math.min(this.#sizeBytes, start + this.#lineBytes);
    const hex = element('span', { class: 'hex', role: 'presentation' });
    const text = element('span', { class: 'ascii', 'aria-hidden': 'true' });
    for (let at = start; at < end; at++) {
      const byte = this.#byte(at);
      const className = this.#classOf(at);
      const label = byte === undefined ? '' : `${hexByte(byte)}, offset ${at}${this.#fieldName(at)}`;
      hex.append(
        element(
          'span',
          {
            class: className,
            'data-at': at,
            id: `byte-${at}`,
            role: 'gridcell',
            'aria-label': label,
            'aria-selected': String(this.#isSelected(at)),
          },
          byte === undefined ? '··' : hexByte(byte),
        ),
      );
      text.append(element('span', { class: className, 'data-at': at }, byte === undefined ? '·' : printable(byte)));
    }
    const line = element(
      'div',
      { class: 'byte-line', role: 'row', 'aria-rowindex': index + 1 },
      element('span', { class: 'line-offset', role: 'rowheader' }, formatOffset(this.#offsetBytes + start).slice(2)),
      hex,
      text,
    );
    line.style.transform = `translateY(${topPx}px)`;
    return line;
  }

  #fieldName(at: number): string {
    const field = this.#fieldAt(at);
    return field === undefined ? '' : `, ${field.name}`;
  }

  #fieldAt(at: number): RecordField | undefined {
    return this.#fields.find(({ offsetBytes, sizeBytes }) => at >= offsetBytes && at < offsetBytes + sizeBytes);
  }

  #isSelected(at: number): boolean {
    const { start, end } = this.selection;
    return at >= start && at < end;
  }

  #classOf(at: number): string {
    const names = ['byte'];
    const field = this.#fieldAt(at);
    if (field !== undefined) {
      names.push(`colour-${field.colourGroup}`);
      if (at === field.offsetBytes) names.push('field-start');
    }
    if (contains(this.#cover, at)) names.push('covered');
    if (contains(this.#match, at)) names.push('match');
    if (contains(this.#highlight, at)) names.push('highlighted');
    if (this.#isSelected(at)) names.push('selected');
    if (at === this.#cursor) names.push('cursor');
    return names.join(' ');
  }

  #byte(at: number): number | undefined {
    const part = Math.floor(at / PART_BYTES);
    const bytes = this.#parts.get(part);
    if (bytes === undefined) void this.#load(part);
    return bytes?.[at % PART_BYTES];
  }

  async #load(part: number): Promise<void> {
    if (this.#loading.has(part)) return;
    this.#loading.add(part);
    const generation = this.#generation;
    const start = part * PART_BYTES;
    const bytes = await this.#events.read(start, Math.min(PART_BYTES, this.#sizeBytes - start)).catch(() => undefined);
    if (generation !== this.#generation || bytes === undefined) return;
    this.#loading.delete(part);
    if (this.#parts.size >= MAX_PARTS) this.#parts.delete(this.#parts.keys().next().value as number);
    this.#parts.set(part, bytes);
    this.#draw();
  }

  #onPointer(down: PointerEvent): void {
    const at = byteOf(down.target);
    if (at === undefined || down.button !== 0) return;
    this.#moveTo(at, down.shiftKey);
    const move = (event: PointerEvent) => {
      const over = byteOf(document.elementFromPoint(event.clientX, event.clientY));
      if (over !== undefined) this.#moveTo(over, true);
    };
    document.addEventListener('pointermove', move);
    document.addEventListener('pointerup', () => document.removeEventListener('pointermove', move), { once: true });
  }

  #onKey(event: KeyboardEvent): void {
    const lastByte = this.#shownBytes - 1;
    const lineStart = this.#cursor - (this.#cursor % this.#lineBytes);
    const moves: Record<string, number> = {
      ArrowLeft: this.#cursor - 1,
      ArrowRight: this.#cursor + 1,
      ArrowUp: this.#cursor - this.#lineBytes,
      ArrowDown: this.#cursor + this.#lineBytes,
      PageUp: this.#cursor - 8 * this.#lineBytes,
      PageDown: this.#cursor + 8 * this.#lineBytes,
      Home: event.ctrlKey ? 0 : lineStart,
      End: event.ctrlKey ? lastByte : lineStart + this.#lineBytes - 1,
    };
    const target = moves[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#moveTo(Math.max(0, Math.min(lastByte, target)), event.shiftKey);
  }

  #moveTo(at: number, extend: boolean): void {
    this.#cursor = at;
    if (!extend) this.#anchor = at;
    this.#reveal(at);
    this.#restyle();
    this.#events.onSelect(this.selection, at);
  }
}

function contains(range: ByteRange | undefined, at: number): boolean {
  return range !== undefined && at >= range.start && at < range.end;
}

function byteOf(target: EventTarget | null): number | undefined {
  const at = target instanceof HTMLElement ? target.dataset['at'] : undefined;
  return at === undefined ? undefined : Number(at);
}

function printable(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
}

function lineHeight(): number {
  const size = Number.parseFloat(getComputedStyle(document.body).getPropertyValue('--strata-font-size'));
  return Math.round((Number.isNaN(size) ? 13 : size) * 1.55);
}
