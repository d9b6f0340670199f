import type { ThemeName, Workbench } from './workbench.ts';

/** The themes that pictures are taken in, and how the pictures name them. */
export const THEMES: readonly (readonly [theme: ThemeName, name: string])[] = [
  ['Dark Modern', 'dark'],
  ['Light Modern', 'light'],
  ['Dark High Contrast', 'contrast'],
];

/** The same window in each of them, as `<name>-dark` and so on. */
export async function screenshotInThemes(workbench: Workbench, name: string): Promise<void> {
  for (const [theme, themeName] of THEMES) {
    await workbench.setTheme(theme);
    await workbench.screenshot(`${name}-${themeName}`);
  }
}
