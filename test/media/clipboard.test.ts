import assert from 'node:assert/strict';
import { copyToClipboard } from '../../media/inspector/clipboard.ts';

describe('text for the clipboard', () => {
  let copiedByHost: string[];
  const host = {
    copyText: async (text: string) => {
      copiedByHost.push(text);
    },
  };
  beforeEach(() => (copiedByHost = []));
  afterEach(() => Reflect.deleteProperty(navigator, 'clipboard'));

  function clipboardOfPage(writeText: (text: string) => Promise<void>): void {
    Object.defineProperty(navigator, 'clipboard', { value: { writeText }, configurable: true });
  }

  it('goes there from the page', async () => {
    const copied: string[] = [];
    clipboardOfPage(async (text) => {
      copied.push(text);
    });
    await copyToClipboard('bytes', host);
    assert.deepEqual([copied, copiedByHost], [['bytes'], []]);
  });

  it('goes there by way of the extension host where the page may not', async () => {
    clipboardOfPage(async () => {
      throw new DOMException('Write permission denied.', 'NotAllowedError');
    });
    await copyToClipboard('bytes', host);
    assert.deepEqual(copiedByHost, ['bytes']);
  });
});
