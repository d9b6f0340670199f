/**
 * Any text as Markdown that shows just it, on one line and also in a table. Keys and values can hold anything: nothing
 * of them becomes markup, a link or HTML.
 */
export function markdownText(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_~{}[\]()#!|<>&]/g, '\\$&');
}
