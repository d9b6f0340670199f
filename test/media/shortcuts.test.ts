import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { shortcuts } from '../../media/inspector/helpDialog.ts';
import { keyName } from '../../media/inspector/keyNames.ts';

interface Manifest {
  readonly contributes: {
    readonly keybindings: readonly { readonly key: string; readonly mac?: string; readonly when?: string }[];
  };
}

describe('shortcut help', () => {
  const manifest: Manifest = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8'));
  const bindings = manifest.contributes.keybindings.filter(({ when }) => when?.includes('strata.inspector'));

  for (const [platform, isMac] of [
    ['Linux and Windows', false],
    ['a Mac', true],
  ] as const) {
    it(`names every key that the extension binds, as it is on ${platform}`, () => {
      const named = shortcuts(isMac).flatMap(([keys]) => keys.split(', '));
      assert.ok(bindings.length >= 7);
      for (const binding of bindings) {
        const name = keyName(binding, isMac);
        assert.ok(named.includes(name), `${name} is not among ${named.join(' | ')}`);
      }
    });
  }

  it('calls keys what they are called', () => {
    assert.equal(keyName({ key: 'ctrl+alt+f', mac: 'cmd+alt+f' }, false), 'Ctrl+Alt+F');
    assert.equal(keyName({ key: 'ctrl+alt+f', mac: 'cmd+alt+f' }, true), '⌥⌘F');
    assert.equal(keyName({ key: 'ctrl+home' }, true), '⌃Home');
    assert.equal(keyName({ key: 'f8' }, true), 'F8');
  });
});
