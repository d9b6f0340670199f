import type { ThemeName } from './workbench.ts';

/** The themes that pictures are taken in, and how the pictures name them. */
export const THEMES: readonly (readonly [theme: ThemeName, name: string])[] = [
  ['Dark Modern', 'dark'],
  ['Light Modern', 'light'],
  ['Dark High Contrast', 'contrast'],
];
