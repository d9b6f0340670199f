import type { AxeRules } from './accessible.ts';
import type { ThemeName, Workbench } from './workbench.ts';

/** The themes that pictures are taken in, and how the pictures name them. */
export const THEMES: readonly (readonly [theme: ThemeName, name: string])[] = [
  ['Dark Modern', 'dark'],
  ['Light Modern', 'light'],
  ['Dark High Contrast', 'contrast'],
];

/**
 * Does something in each of them, beginning with the one that the window has, if it is the first or the last: a change
 * of theme is what takes time. What is to be in a certain theme afterwards sets it.
 */
export async function inThemes(
  workbench: Workbench,
  act: (rules: AxeRules, themeName: string) => Promise<void>,
): Promise<void> {
  let rules: AxeRules = 'all';
  const last = THEMES[THEMES.length - 1] as (typeof THEMES)[number];
  for (const [theme, themeName] of (await workbench.hasTheme(last[0])) ? THEMES.toReversed() : THEMES) {
    await workbench.setTheme(theme);
    await act(rules, themeName);
    rules = 'colours';
  }
}

/** The same window in each of them, as `<name>-dark` and so on; `check` is run on each. */
export async function screenshotInThemes(
  workbench: Workbench,
  name: string,
  check?: (rules: AxeRules) => Promise<void>,
): Promise<void> {
  await inThemes(workbench, async (rules, themeName) => {
    await workbench.screenshot(`${name}-${themeName}`);
    await check?.(rules);
  });
}
