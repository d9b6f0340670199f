import assert from 'node:assert/strict';
import { formatKey, parseKeyText } from '../../src/shared/keyText.ts';
import { withoutLinks } from '../../src/shared/plainText.ts';

/** What VS Code takes for a link in a notification and below an input box: its `linkedText.ts`. */
const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;

describe('plain text', () => {
  for (const link of [
    '[Show](command:workbench.action.quit)',
    '[a](https://example.com "title")',
    '[a](FILE:///etc)',
    '[[a](command:x)',
  ]) {
    it(`breaks ${link}`, () => {
      assert.match(link, LINK);
      assert.doesNotMatch(withoutLinks(`There is no key ${link}.`), LINK);
    });
  }

  it('writes a key so that it is still that key where it is typed again', () => {
    const key = new TextEncoder().encode('\\[a](command:x)[b](command:y)');
    assert.deepEqual(parseKeyText(withoutLinks(formatKey(key))), { ok: true, key });
  });

  it('leaves all other text as it is', () => {
    for (const text of ['a[0](x)', 'Restored [a] (command:b).', 'C:\\stores [STORE_LOCKED]']) {
      assert.equal(withoutLinks(text), text);
    }
  });
});
