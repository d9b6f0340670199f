import assert from 'node:assert/strict';
import { foldersOf, keyToHex, nameWithin, parentOfFolder, parentOfKey } from '../../src/explorer/keyPath.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
const SLASH = bytesOf('/');

describe('key path', () => {
  it('splits a key into folders, outermost first', () => {
    assert.deepEqual(foldersOf(bytesOf('CH/ZH/Zurich'), SLASH).map(textOf), ['CH/', 'CH/ZH/']);
    assert.deepEqual(foldersOf(bytesOf('plain'), SLASH), []);
    assert.deepEqual(foldersOf(bytesOf('/a//b'), SLASH).map(textOf), ['/', '/a/', '/a//']);
  });

  it('splits at delimiters of several bytes from the left', () => {
    assert.deepEqual(foldersOf(bytesOf('a:::b'), bytesOf('::')).map(textOf), ['a::']);
    assert.deepEqual(foldersOf(Uint8Array.of(1, 0, 2), Uint8Array.of(0)), [Uint8Array.of(1, 0)]);
  });

  it('knows the parents of keys and folders', () => {
    assert.equal(textOf(parentOfKey(bytesOf('CH/ZH/Zurich'), SLASH)), 'CH/ZH/');
    assert.equal(textOf(parentOfKey(bytesOf('CH/'), SLASH)), 'CH/');
    assert.equal(parentOfKey(bytesOf('Zurich'), SLASH), undefined);
    assert.equal(textOf(parentOfFolder(bytesOf('CH/ZH/'), SLASH)), 'CH/');
    assert.equal(parentOfFolder(bytesOf('CH/'), SLASH), undefined);
  });

  it('names a child within its folder', () => {
    assert.equal(textOf(nameWithin(bytesOf('CH/ZH/Zurich'), bytesOf('CH/ZH/'))), 'Zurich');
    assert.equal(textOf(nameWithin(bytesOf('CH/'), bytesOf('CH/'))), '');
    assert.equal(textOf(nameWithin(bytesOf('Zurich'), undefined)), 'Zurich');
  });

  it('gives equal keys equal hexadecimal text, also for a view into a larger buffer', () => {
    assert.equal(keyToHex(Uint8Array.of(9, 0, 255).subarray(1)), '00ff');
  });
});
