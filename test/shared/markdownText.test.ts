import assert from 'node:assert/strict';
import { markdownText } from '../../src/shared/markdownText.ts';

describe('markdown text', () => {
  it('leaves nothing of Markdown or HTML in effect', () => {
    assert.equal(markdownText('[a](command:x)'), '\\[a\\]\\(command:x\\)');
    assert.equal(markdownText('<img src=x> & **b** `c` a|b'), '\\<img src=x\\> \\& \\*\\*b\\*\\* \\`c\\` a\\|b');
    assert.equal(markdownText('C:\\dir'), 'C:\\\\dir');
  });

  it('keeps text on one line', () => {
    assert.equal(markdownText('a\n\n# b'), 'a \\# b');
  });
});
