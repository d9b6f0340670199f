/** The bar between table and detail: drag it, or move it with the arrow keys. */

import { element } from './dom.ts';

const SMALLEST_PX = 90;
const KEY_STEP_PX = 24;

export class Splitter {
  readonly root: HTMLElement;
  readonly #below: HTMLElement;
  #heightPx = SMALLEST_PX;

  constructor(below: HTMLElement, onChange: (heightPx: number) => void) {
    this.#below = below;
    this.root = element('div', {
      class: 'splitter',
      role: 'separator',
      tabindex: '0',
      'aria-orientation': 'horizontal',
      'aria-label': 'Height of the detail',
      'aria-valuemin': String(SMALLEST_PX),
      'aria-valuemax': '4000',
    });
    const set = (px: number) => {
      this.#heightPx = Math.round(Math.max(SMALLEST_PX, Math.min(px, window.innerHeight - 2 * SMALLEST_PX)));
      this.#apply();
      onChange(this.#heightPx);
    };
    this.root.addEventListener('pointerdown', (down) => {
      down.preventDefault();
      this.root.setPointerCapture(down.pointerId);
      const sum = this.#heightPx + down.clientY;
      const move = (event: PointerEvent) => set(sum - event.clientY);
      this.root.addEventListener('pointermove', move);
      this.root.addEventListener('pointerup', () => this.root.removeEventListener('pointermove', move), { once: true });
    });
    this.root.addEventListener('keydown', (event) => {
      const step = { ArrowUp: KEY_STEP_PX, ArrowDown: -KEY_STEP_PX }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      set(this.#heightPx + step);
    });
  }

  setHeight(heightPx: number): void {
    this.#heightPx = heightPx;
    this.#apply();
  }

  #apply(): void {
    this.#below.style.height = `${this.#heightPx}px`;
    this.root.setAttribute('aria-valuenow', String(this.#heightPx));
  }
}
