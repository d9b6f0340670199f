/**
 * Scrolls over any number of rows of equal height.
 *
 * Browsers end an element's height at a few ten million pixels, about a million rows, and a virtualizer keeps a
 * measurement for each. So the virtualizer knows only a window of rows; when the view comes near the window's edge,
 * the window moves and the scroll position with it, by exactly as much, which nobody sees. A scroll bar of our own
 * shows and sets the position in the whole.
 */

import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from '@tanstack/virtual-core';
import { element } from './dom.ts';

const WINDOW_ROWS = 20_000;
/** The window moves when the view comes this near to its edge. */
const EDGE_ROWS = 2_000;
/** Drawn above and below those in sight, so that they are there when they come into sight. */
const OVERSCAN_ROWS = 6;
const SMALLEST_THUMB_PX = 24;

export interface VisibleRows {
  /** Position in the whole and pixels from the top of the list, for every row that has to be drawn. */
  readonly items: readonly { readonly position: number; readonly topPx: number }[];
  readonly heightPx: number;
}

export class RowScroller {
  readonly #viewport: HTMLElement;
  readonly #header: HTMLElement;
  readonly #list: HTMLElement;
  readonly #thumb: HTMLElement;
  readonly bar: HTMLElement;
  readonly #onScroll: () => void;
  readonly #virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  #rowHeightPx: number;
  #total = 0;
  /** Position of the window's first row. */
  #base = 0;

  /** `header` stays at the top of `viewport`; `list` stands below it. */
  constructor(
    viewport: HTMLElement,
    header: HTMLElement,
    list: HTMLElement,
    rowHeightPx: number,
    onScroll: () => void,
  ) {
    this.#viewport = viewport;
    this.#header = header;
    this.#list = list;
    this.#rowHeightPx = rowHeightPx;
    this.#onScroll = onScroll;
    this.#thumb = element('div', { class: 'scroll-thumb' });
    this.bar = element('div', { class: 'scroll-bar', 'aria-hidden': 'true' }, this.#thumb);
    this.#virtualizer = new Virtualizer<HTMLElement, HTMLElement>(this.#options());
    this.#virtualizer._didMount();
    this.#virtualizer._willUpdate();
    this.#listenToBar();
  }

  get total(): number {
    return this.#total;
  }

  /** Rows that fit into the view. */
  get pageRows(): number {
    return Math.max(1, Math.floor(this.#rowsInView));
  }

  get #rowsInView(): number {
    return Math.max(0, this.#viewport.clientHeight - this.#header.clientHeight) / this.#rowHeightPx;
  }

  /** Position of the first row in sight, with the fraction that is scrolled out. */
  get top(): number {
    return this.#base + this.#viewport.scrollTop / this.#rowHeightPx;
  }

  setTotal(total: number): void {
    if (total === this.#total) return;
    const { top } = this;
    this.#total = total;
    // The browser does this only with the next frame: what is drawn still takes its room, and before that frame there
    // may be more rows again, but others.
    const inReach = this.#inReach(top);
    if (this.#base > Math.max(0, total - WINDOW_ROWS)) this.#moveWindow(inReach);
    else this.#update();
    if (inReach < top) this.scrollTo(inReach);
  }

  setRowHeight(rowHeightPx: number): void {
    if (rowHeightPx === this.#rowHeightPx) return;
    const { top } = this;
    this.#rowHeightPx = rowHeightPx;
    this.#virtualizer.measure();
    this.scrollTo(top);
  }

  /** Brings a row into sight, at the top unless it is in sight already or `center` asks otherwise. */
  reveal(position: number, align: 'nearest' | 'center'): void {
    const { top, pageRows } = this;
    if (align === 'nearest' && position >= top && position + 1 <= top + pageRows) return;
    if (align === 'center') this.scrollTo(position - Math.floor(pageRows / 2));
    else this.scrollTo(position < top ? position : position - pageRows + 1);
  }

  /** Makes a row the first in sight. */
  scrollTo(position: number): void {
    const top = this.#inReach(position);
    const inWindow = top - this.#base;
    if (inWindow < 0 || inWindow > this.#windowRows - this.pageRows) this.#moveWindow(top);
    else this.#viewport.scrollTop = inWindow * this.#rowHeightPx;
  }

  /** What can be the first row in sight. */
  #inReach(position: number): number {
    return Math.max(0, Math.min(position, this.#total - this.#rowsInView));
  }

  visible(): VisibleRows {
    const items = this.#virtualizer.getVirtualItems().map((item: VirtualItem) => ({
      position: this.#base + item.index,
      topPx: item.start,
    }));
    return { items, heightPx: this.#windowRows * this.#rowHeightPx };
  }

  get #windowRows(): number {
    return Math.min(WINDOW_ROWS, this.#total - this.#base);
  }

  #options() {
    return {
      count: Math.max(0, this.#windowRows),
      getScrollElement: () => this.#viewport,
      estimateSize: () => this.#rowHeightPx,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      overscan: OVERSCAN_ROWS,
      onChange: () => this.#scrolled(),
    };
  }

  #scrolled(): void {
    const { top, pageRows } = this;
    const nearStart = this.#base > 0 && top - this.#base < EDGE_ROWS;
    const nearEnd =
      this.#base + this.#windowRows < this.#total && this.#base + this.#windowRows - top - pageRows < EDGE_ROWS;
    if (nearStart || nearEnd) this.#moveWindow(top);
    else this.#drawn();
  }

  /** Puts the window around a position and scrolls there. */
  #moveWindow(top: number): void {
    const centred = Math.floor(top) - Math.floor(WINDOW_ROWS / 2);
    this.#base = Math.max(0, Math.min(centred, this.#total - WINDOW_ROWS));
    this.#update();
    this.#viewport.scrollTop = (top - this.#base) * this.#rowHeightPx;
  }

  #update(): void {
    this.#virtualizer.setOptions(this.#options());
    this.#list.style.height = `${this.#windowRows * this.#rowHeightPx}px`;
    this.#virtualizer._willUpdate();
    this.#drawn();
  }

  #drawn(): void {
    this.#drawThumb();
    this.#onScroll();
  }

  #drawThumb(): void {
    const trackPx = this.bar.clientHeight;
    const rows = this.#rowsInView;
    const hidden = this.#total <= rows;
    this.bar.classList.toggle('unused', hidden);
    if (hidden) return;
    const thumbPx = Math.max(SMALLEST_THUMB_PX, (trackPx * rows) / this.#total);
    const topPx = (this.top / (this.#total - rows)) * (trackPx - thumbPx);
    this.#thumb.style.height = `${thumbPx}px`;
    this.#thumb.style.transform = `translateY(${Math.min(topPx, trackPx - thumbPx)}px)`;
  }

  #listenToBar(): void {
    this.bar.addEventListener('pointerdown', (down) => {
      if (down.button !== 0) return;
      down.preventDefault();
      this.bar.setPointerCapture(down.pointerId);
      const onThumb = down.target === this.#thumb;
      const thumbRect = this.#thumb.getBoundingClientRect();
      const grabPx = onThumb ? down.clientY - thumbRect.top : thumbRect.height / 2;
      const drag = (move: PointerEvent) => this.#dragTo(move.clientY - grabPx);
      if (!onThumb) drag(down);
      this.bar.classList.add('dragging');
      this.bar.addEventListener('pointermove', drag);
      const stop = () => {
        this.bar.removeEventListener('pointermove', drag);
        this.bar.classList.remove('dragging');
      };
      this.bar.addEventListener('pointerup', stop, { once: true });
      this.bar.addEventListener('pointercancel', stop, { once: true });
    });
    this.bar.addEventListener('wheel', (wheel) => this.#viewport.scrollBy({ top: wheel.deltaY }), { passive: true });
  }

  #dragTo(thumbTopPx: number): void {
    const track = this.bar.getBoundingClientRect();
    const rows = this.#rowsInView;
    const share = (thumbTopPx - track.top) / (track.height - this.#thumb.clientHeight);
    this.scrollTo(Math.max(0, Math.min(1, share)) * (this.#total - rows));
  }
}
