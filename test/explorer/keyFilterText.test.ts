import assert from 'node:assert/strict';
import { parseKeyFilter } from '../../src/explorer/keyFilterText.ts';

/** Which of the keys a filter lets through. */
function matching(text: string, keys: readonly string[]): string[] {
  const parsed = parseKeyFilter(text);
  assert.ok(parsed.ok, text);
  const { filter } = parsed;
  if (filter === undefined) return [...keys];
  if (filter.kind === 'text') return keys.filter((key) => key.includes(filter.pattern));
  return keys.filter((key) => new RegExp(filter.pattern).test(key));
}

const KEYS = ['CH/ZH/Zurich', 'CH/BE/Bern', 'CH.BE', 'a?b', 'line\nbreak'];

describe('key filter text', () => {
  it('takes text as a part of the key', () => {
    assert.deepEqual(matching('BE', KEYS), ['CH/BE/Bern', 'CH.BE']);
    assert.deepEqual(matching('CH.B', KEYS), ['CH.BE']);
    assert.deepEqual(matching('', KEYS), KEYS);
  });

  it('takes * and ? as a pattern for the whole key', () => {
    assert.deepEqual(matching('CH/*', KEYS), ['CH/ZH/Zurich', 'CH/BE/Bern']);
    assert.deepEqual(matching('*/B*', KEYS), ['CH/BE/Bern']);
    assert.deepEqual(matching('CH?BE', KEYS), ['CH.BE']);
    assert.deepEqual(matching('a?b', KEYS), ['a?b']);
    assert.deepEqual(matching('line*break', KEYS), ['line\nbreak']);
    assert.deepEqual(matching('H/*', KEYS), []);
  });

  it('takes a regular expression between slashes', () => {
    assert.deepEqual(matching('/^CH.BE$/', KEYS), ['CH.BE']);
    assert.deepEqual(matching('/rich|Bern/', KEYS), ['CH/ZH/Zurich', 'CH/BE/Bern']);
    assert.deepEqual(matching('//', ['a//b', 'c']), ['a//b']);
  });

  it('says what is wrong with a regular expression', () => {
    const parsed = parseKeyFilter('/[/');
    assert.ok(!parsed.ok);
    assert.match(parsed.message, /regular expression/);
  });
});
