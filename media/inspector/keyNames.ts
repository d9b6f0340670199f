/** What keys are called on this platform's keyboards. */

/** As VS Code writes them in `package.json`; `mac` only where it differs. */
interface KeyBinding {
  readonly key: string;
  readonly mac?: string;
}

const NAMES = { ctrl: 'Ctrl', alt: 'Alt', shift: 'Shift', cmd: 'Meta', home: 'Home', end: 'End' };
/** In the order in which a Mac's menus have them. */
const MAC_SIGNS = { ctrl: '⌃', alt: '⌥', shift: '⇧', cmd: '⌘' };

/** `ctrl+alt+f` is called `Ctrl+Alt+F`; on a Mac `cmd+alt+f` is called `⌥⌘F`. */
export function keyName({ key, mac }: KeyBinding, isMac: boolean): string {
  const parts = (isMac ? (mac ?? key) : key).split('+');
  const named = (part: string) => NAMES[part as keyof typeof NAMES] ?? part.toUpperCase();
  if (!isMac) return parts.map(named).join('+');
  const signs = Object.entries(MAC_SIGNS).filter(([name]) => parts.includes(name));
  const others = parts.filter((part) => !(part in MAC_SIGNS));
  return [...signs.map(([, sign]) => sign), ...others.map(named)].join('');
}

export function isOnMac(): boolean {
  return navigator.platform.startsWith('Mac');
}
