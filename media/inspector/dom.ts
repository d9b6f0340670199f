/** Elements by code. Text goes in as text nodes: nothing a file contains is ever read as markup. */

import type { IconName } from './icons.ts';

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    created.setAttribute(name, value === true ? '' : String(value));
  }
  created.append(...children);
  return created;
}

/** A number that may go on in another line behind each comma: text lines are not broken there by themselves. */
export function breakable(number: string): (Node | string)[] {
  const [first = '', ...others] = number.split(/(?<=,)/);
  return [first, ...others.flatMap((part) => [element('wbr'), part])];
}

export function icon(name: IconName): HTMLElement {
  return element('span', { class: `codicon codicon-${name}`, 'aria-hidden': 'true' });
}

/** A button with an icon; `label` is its tooltip and what a screen reader says. */
export function iconButton(name: IconName, label: string, onClick: () => void): HTMLButtonElement {
  const button = element(
    'button',
    { class: 'icon-button', type: 'button', title: label, 'aria-label': label },
    icon(name),
  );
  button.addEventListener('click', onClick);
  return button;
}

/**
 * Gives the keyboard focus to what nobody has just asked for. Only within a page that has it: taking it from the rest of
 * VS Code would close an input box that has just been opened there.
 */
export function takeFocus(target: { focus(): void }): void {
  if (document.hasFocus()) target.focus();
}

/** A button with words. */
export function textButton(label: string, onClick: () => void, title?: string): HTMLButtonElement {
  return wordButton('text-button', label, onClick, title);
}

/** A button that looks like a link. */
export function linkButton(label: string, onClick: () => void, title?: string): HTMLButtonElement {
  return wordButton('link-button', label, onClick, title);
}

function wordButton(look: string, label: string, onClick: () => void, title?: string): HTMLButtonElement {
  const button = element('button', { class: look, type: 'button', title }, label);
  button.addEventListener('click', onClick);
  return button;
}

/** Hides or shows an element. If the keyboard focus is in what is hidden, it goes to `next` and not to the page's body. */
export function setHidden(target: HTMLElement, hidden: boolean, next: { focus(): void }): void {
  const hadFocus = hidden && target.contains(document.activeElement);
  target.hidden = hidden;
  if (hadFocus) takeFocus(next);
}

export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Width of a digit in the font of an element that is on the page. */
export function characterWidthPx(place: HTMLElement): number {
  const sample = element('span', { class: 'visually-hidden-sample', 'aria-hidden': 'true' }, '0'.repeat(20));
  place.append(sample);
  const { width } = sample.getBoundingClientRect();
  sample.remove();
  return width === 0 ? 8 : width / 20;
}
