import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ICON_NAMES } from '../../media/inspector/icons.ts';

describe('the icons of the inspector', () => {
  it('are all drawn by the style sheet, and no others', () => {
    const sheet = readFileSync(new URL('../../media/inspector/icons.css', import.meta.url), 'utf8');
    const drawn = [...sheet.matchAll(/^\.codicon-([a-z-]+) \{\n {2}mask-image: url\("(.+)"\);$/gm)];
    assert.deepEqual(
      drawn.map(([, name]) => name),
      ICON_NAMES,
    );
    for (const [, name, file] of drawn) assert.equal(file, `@vscode/codicons/src/icons/${name}.svg`);
  });
});
