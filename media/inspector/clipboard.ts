/** Text for the clipboard. */

import type { HostCalls } from '../../src/shared/inspectorMessages.ts';

/**
 * From the page itself, which takes a fraction of a second for 100 MB: to the extension host and back it is half a
 * minute. That way is for pages that may not, such as one whose click is a while ago.
 */
export async function copyToClipboard(text: string, host: Pick<HostCalls, 'copyText'>): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    await host.copyText(text);
  }
}
