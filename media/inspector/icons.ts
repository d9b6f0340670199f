/** The icons there are: those that `icons.css` draws. */

export const ICON_NAMES = [
  'arrow-down',
  'arrow-right',
  'arrow-up',
  'case-sensitive',
  'check',
  'close',
  'copy',
  'diff',
  'error',
  'export',
  'file-binary',
  'filter',
  'git-compare',
  'go-to-file',
  'history',
  'list-selection',
  'list-tree',
  'question',
  'references',
  'regex',
  'search',
  'stop-circle',
  'warning',
] as const;

export type IconName = (typeof ICON_NAMES)[number];
