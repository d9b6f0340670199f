/** The strip along the file: live, dead and damaged bytes at a glance, and a way to go there. */

import type { Overview } from '../../src/shared/inspectorRows.ts';
import { formatOffset, formatShare, formatSize } from '../../src/shared/quantities.ts';
import { element } from './dom.ts';
import { overviewColumn } from './overviewColumn.ts';

export interface OverviewEvents {
  goToOffset(offsetBytes: number): void;
}

const PAGE_PERCENT = 10;

export class OverviewStrip {
  readonly root: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #marker: HTMLElement;
  readonly #events: OverviewEvents;
  #overview: Overview | undefined;
  #indexedBytes = 0;
  #offsetBytes = 0;

  constructor(events: OverviewEvents) {
    this.#events = events;
    this.#canvas = element('canvas', { 'aria-hidden': 'true' });
    this.#marker = element('div', { class: 'overview-marker' });
    this.root = element(
      'div',
      {
        class: 'overview',
        role: 'slider',
        tabindex: '0',
        'aria-label': 'Overview of the file: position',
        'aria-valuemin': '0',
        'aria-valuemax': '100',
        'aria-valuenow': '0',
      },
      this.#canvas,
      this.#marker,
    );
    this.root.addEventListener('pointerdown', (event) => this.#onPointer(event));
    this.root.addEventListener('pointermove', (event) => this.#onHover(event));
    this.root.addEventListener('keydown', (event) => this.#onKey(event));
    new ResizeObserver(() => this.#draw()).observe(this.root);
    // Colours come from the theme, whose changes show as changes of the body's attributes.
    new MutationObserver(() => this.#draw()).observe(document.body, { attributes: true });
  }

  show(overview: Overview, indexedBytes: number): void {
    this.#overview = overview;
    this.#indexedBytes = indexedBytes;
    this.#draw();
  }

  /** Marks where the first visible row is. */
  setPosition(offsetBytes: number): void {
    this.#offsetBytes = offsetBytes;
    this.#place();
  }

  #place(): void {
    const sizeBytes = this.#overview?.sizeBytes ?? 0;
    if (sizeBytes === 0) return;
    const share = Math.min(1, this.#offsetBytes / sizeBytes);
    this.#marker.style.left = `${share * 100}%`;
    this.root.setAttribute('aria-valuenow', String(Math.round(share * 100)));
    this.root.setAttribute('aria-valuetext', `${formatShare(share)}, offset ${formatOffset(this.#offsetBytes)}`);
  }

  #draw(): void {
    this.#place();
    const overview = this.#overview;
    const { clientWidth, clientHeight } = this.root;
    const context = this.#canvas.getContext('2d');
    if (overview === undefined || context === null || clientWidth === 0) return;
    const scale = window.devicePixelRatio;
    this.#canvas.width = Math.round(clientWidth * scale);
    this.#canvas.height = Math.round(clientHeight * scale);
    const colours = themeColours(this.root);
    const { width, height } = this.#canvas;
    for (let x = 0; x < width; x++) this.#drawColumn(context, x, width, height, overview, colours);
  }

  #drawColumn(
    context: CanvasRenderingContext2D,
    x: number,
    width: number,
    height: number,
    overview: Overview,
    colours: Colours,
  ): void {
    const startBytes = (x / width) * overview.sizeBytes;
    const endBytes = ((x + 1) / width) * overview.sizeBytes;
    if (startBytes >= this.#indexedBytes) return;
    const first = Math.floor(startBytes / overview.blockSizeBytes);
    const last = Math.max(first, Math.ceil(endBytes / overview.blockSizeBytes) - 1);
    const { damagedBytes, liveShare } = overviewColumn(overview, first, last);
    if (damagedBytes > 0) {
      context.fillStyle = colours.damaged;
      context.fillRect(x, 0, 1, height);
      return;
    }
    context.fillStyle = liveShare === undefined ? colours.record : colours.dead;
    context.fillRect(x, height * 0.35, 1, height * 0.65);
    if (liveShare === undefined) return;
    context.fillStyle = colours.live;
    context.fillRect(x, height * (1 - 0.65 * liveShare), 1, height * 0.65 * liveShare);
  }

  #offsetAt(event: PointerEvent): number {
    const { left, width } = this.root.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - left) / width));
    return Math.floor(share * (this.#overview?.sizeBytes ?? 0));
  }

  #onPointer(event: PointerEvent): void {
    if (event.button === 0) this.#events.goToOffset(this.#offsetAt(event));
  }

  #onHover(event: PointerEvent): void {
    const overview = this.#overview;
    if (overview === undefined) return;
    const offsetBytes = this.#offsetAt(event);
    const block = Math.floor(offsetBytes / overview.blockSizeBytes);
    const { damagedBytes, liveShare } = overviewColumn(overview, block, block);
    const parts = [formatOffset(offsetBytes)];
    if (liveShare !== undefined && damagedBytes === 0) parts.push(`${formatShare(liveShare)} live`);
    if (damagedBytes > 0) parts.push(`${formatSize(damagedBytes)} damaged`);
    this.root.title = parts.join(' · ');
  }

  #onKey(event: KeyboardEvent): void {
    const sizeBytes = this.#overview?.sizeBytes ?? 0;
    const percent = Math.round((this.#offsetBytes / Math.max(1, sizeBytes)) * 100);
    const moves: Record<string, number> = {
      ArrowLeft: percent - 1,
      ArrowRight: percent + 1,
      PageUp: percent - PAGE_PERCENT,
      PageDown: percent + PAGE_PERCENT,
      Home: 0,
      End: 100,
    };
    const target = moves[event.key];
    if (target === undefined) return;
    event.preventDefault();
    const share = Math.max(0, Math.min(100, target)) / 100;
    this.#events.goToOffset(Math.min(sizeBytes - 1, Math.floor(share * sizeBytes)));
  }
}

interface Colours {
  readonly live: string;
  readonly dead: string;
  readonly damaged: string;
  readonly record: string;
}

function themeColours(root: HTMLElement): Colours {
  const style = getComputedStyle(root);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    live: colour('--strata-live'),
    dead: colour('--strata-dead'),
    damaged: colour('--strata-damaged'),
    record: colour('--strata-record'),
  };
}
